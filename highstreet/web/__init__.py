"""The server-rendered pages for buyers, merchants, tills, couriers and operators."""
