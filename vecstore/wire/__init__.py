"""Messages to values and back, and errors to ``google.rpc.Status`` and back.

Shared by the server and the client, so that both sides read the protos in one way.
"""
