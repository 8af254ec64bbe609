/// The commands, in the order of the table.
enum CommandID: UInt8, Sendable, CaseIterable {
  case get, set, setnx, getdel, mget, mset, append, strlen
  case incr, decr, incrby, decrby
  case del, unlink, exists, type, keys, scan, randomkey, dbsize, flushall, flushdb
  case expire, pexpire, expireat, pexpireat, ttl, pttl, persist
  case ping, echo, hello, auth, select, client, quit, reset
  case command, config, info, role, time, wait, save, bgsave, lastsave, shutdown
  case syncStatus, syncPeers, syncNow, syncDigest, syncRepair, syncForget
  case syncSiblings
  case crdtType, crdtSet, crdtGet, crdtIncrby, crdtDecrby, crdtCount
  case crdtSadd, crdtSrem, crdtSismember, crdtSmembers, crdtScard
  case crdtHset, crdtHget, crdtHdel, crdtHincrby, crdtHgetall, crdtHlen

  /// As clients write it, in lower case: `syncStatus` is `sync.status`.
  var name: String {
    "\(self)".reduce(into: "") { $0 += $1.isUppercase ? ".\($1.lowercased())" : "\($1)" }
  }
}
