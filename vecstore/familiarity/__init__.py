"""How far a query lies from what a collection holds, and whether that is far."""
