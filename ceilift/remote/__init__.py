"""The way to a host: a shell protocol, its one implementation over SSH, and the act recorder."""
