"""Makes, repairs and removes the private environment of Imagest Workstation. Standard library only."""
