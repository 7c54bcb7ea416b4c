"""What answers the ports to the outside world: payment providers, carriers, mail."""
