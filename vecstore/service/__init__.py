"""The gRPC server. Servicers only translate: message to domain call, result to message."""
