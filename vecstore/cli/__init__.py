"""The command line: thin commands over the embedded store and the remote one."""
