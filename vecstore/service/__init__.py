"""The gRPC server. Servicers only translate: message to domain call, result to message."""

from vecstore.service.server import Server, serve

__all__ = ["Server", "serve"]
