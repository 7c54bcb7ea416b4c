"""The instruments of public money: vouchers, subsidies, refunds and their budgets."""
