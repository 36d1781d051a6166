from channels.admin import channels, notices, sandbox

__all__ = ["channels", "notices", "sandbox"]
