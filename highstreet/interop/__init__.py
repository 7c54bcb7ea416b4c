"""The open protocols by which agents and other markets buy and sell here."""
