/// The commands, in the order of the table.
enum CommandID: UInt8, Sendable, CaseIterable {
  case get, set, setnx, getdel, mget, mset, append, strlen
  case incr, decr, incrby, decrby
  case del, unlink, exists, type, keys, scan, randomkey, dbsize, flushall, flushdb
  case expire, pexpire, expireat, pexpireat, ttl, pttl, persist
  case ping, echo, hello, auth, select, client, quit, reset
  case multi, exec, discard, watch, unwatch
  case command, config, info, time, wait, save, bgsave, lastsave, shutdown
}
