/// What bounds requests and replies.
public enum RESPLimits {}
