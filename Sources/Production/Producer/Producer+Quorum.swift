import EventLog
import Ledger
import Locking
import Networking
import Node
import Peers
import Primitives
import Runtime
import Storage

// MARK: Asking others for signatures

extension Producer {
  /// Makes a skip, macro or election block with the signatures of the validators here and, if these
  /// are no quorum, of those in other processes.
  ///
  /// Others are asked twice: first who would sign, which binds nobody, and only if that is a quorum
  /// for their signatures. A validator that has signed a macro block signs no other one at its
  /// height, so signatures that bring no block would cost much.
  func makeQuorumBlock(isSkip: Bool, on parent: Hash256) async -> Result<Block, Failure> {
    do throws(Failure) {
      let proposal: QuorumProposal
      do throws(ProductionError) {
        proposal = try blocks.proposal(isSkip: isSkip, on: parent)
      } catch { throw .production(error) }
      let own = Set(proposal.indices(of: keys))
      var others: [PeerID] = []
      if !proposal.isQuorum(own) {
        let ready = await ask(proposal, isBinding: false, until: own)
        guard proposal.isQuorum(ready.signers) else {
          throw .noQuorum("only \(ready.signers.count) validators would sign")
        }
        others = ready.peers
      }
      var signatures = try await signHere(proposal)
      if !others.isEmpty {
        let signers = Set(signatures.map(\.signer))
        signatures += await ask(proposal, isBinding: true, until: signers, of: others).signatures
      }
      guard let block = proposal.block(signed: signatures) else {
        throw .noQuorum("\(signatures.count) validators signed")
      }
      return await context.writer.run { [self] in
        Result { () throws(Failure) in try take(block, entries: 0) }
      }
    } catch { return .failure(error) }
  }

  private func signHere(_ proposal: QuorumProposal) async throws(Failure) -> [BlockSignature] {
    let result = await context.writer.run { [self] in
      Result { () throws(Failure) in try signatures(of: proposal) }
    }
    return try result.get()
  }

  /// The signatures of the validators whose keys are here and have signed nothing else.
  private func signatures(of proposal: QuorumProposal) throws(Failure) -> [BlockSignature] {
    let held = proposal.validators.validators.map(\.publicKey).filter { keys[$0] != nil }
    let free = try claim(proposal.header, held)
    return proposal.signatures(by: free.compactMap { keys[$0] })
  }

  /// What peers answered.
  private struct Answers {
    var signers: Set<UInt16>
    var signatures: [BlockSignature] = []
    /// Those that gave something.
    var peers: [PeerID] = []
  }

  /// Asks peers until those who sign, with `own`, are a quorum, or all have answered.
  private func ask(
    _ proposal: QuorumProposal, isBinding: Bool, until own: Set<UInt16>, of chosen: [PeerID]? = nil
  ) async -> Answers {
    let request = RequestSignatures(
      isSkip: proposal.header.kind == .skip, parent: proposal.header.parentHash,
      block: proposal.header.hash, isBinding: isBinding)
    return await withTaskGroup(of: (PeerID, SignaturesResponse?).self) { group in
      for peer in chosen ?? candidates() {
        group.addTask { [context] in
          do throws(RequestError) {
            return (
              peer,
              try await context.network.request(
                request, to: peer, timeout: ProductionLimits.answerTimeout)
            )
          } catch {
            if error.isMisbehaviour { context.ban(peer, reason: error.reason) }
            return (peer, nil)
          }
        }
      }
      var answers = Answers(signers: own)
      for await (peer, response) in group {
        take(response, of: peer, to: proposal, isBinding: isBinding, &answers)
        if proposal.isQuorum(answers.signers) { break }
      }
      group.cancelAll()
      return answers
    }
  }

  private func take(
    _ response: SignaturesResponse?, of peer: PeerID, to proposal: QuorumProposal,
    isBinding: Bool, _ answers: inout Answers
  ) {
    switch response {
    case nil, .refused: return
    case .ready(let ready):
      guard !isBinding, !ready.isEmpty else { return }
      answers.signers.formUnion(ready)
      answers.peers.append(peer)
    case .signed(let signatures):
      guard isBinding else { return }
      guard signatures.allSatisfy(proposal.accepts) else {
        // A node that signs for its validators signs what was asked for, or says why it does not.
        context.ban(peer, reason: "wrong_signature")
        return
      }
      let news = signatures.filter { answers.signers.insert($0.signer).inserted }
      answers.signatures += news
      if !news.isEmpty { remember(peer) }
    }
  }

  private func remember(_ peer: PeerID) {
    signers.withLock { memory in
      if memory.peers.count >= ProductionLimits.signaturePeersMax { memory.peers.removeAll() }
      memory.peers.insert(peer)
    }
  }

  /// The peers to ask: those that gave signatures before, then others, each time the next ones.
  private func candidates() -> [PeerID] {
    let peers = context.network.connectedPeers()
    return signers.withLock { memory in
      let known = peers.filter(memory.peers.contains)
      let others = peers.filter { !memory.peers.contains($0) }
      let room = min(others.count, ProductionLimits.signaturePeersMax - known.count)
      let chosen = (0..<max(0, room)).map { others[(memory.turn + $0) % others.count] }
      memory.turn = others.isEmpty ? 0 : (memory.turn + chosen.count) % others.count
      return known.prefix(ProductionLimits.signaturePeersMax) + chosen
    }
  }
}

// MARK: Signing for others

extension Producer {
  /// Answers those who ask for signatures.
  func serveSignatures() {
    let limiter = Lock(RateLimiter())
    context.network.serve(
      RequestSignatures.self,
      undecodable: { [context] peer, error in context.ban(peer, reason: error.reason) },
      { [self] peer, request in
        let now = context.runtime.now
        let type = RequestSignatures.type
        guard limiter.withLock({ $0.allow(type, from: peer, at: now) }) else { return nil }
        let answer = await context.writer.run { [self] in self.answer(request, at: now) }
        record(answer, to: request, of: peer)
        return answer
      })
  }

  private func answer(_ request: RequestSignatures, at now: Moment) -> SignaturesResponse {
    guard context.chain.headHash == request.parent, context.chain.stateComplete else {
      return .refused(.otherHead)
    }
    if request.isSkip, !core.withLock({ $0.allowsSkip(on: request.parent, at: now) }) {
      return .refused(.tooEarly)
    }
    do throws(ProductionError) {
      let proposal = try blocks.proposal(isSkip: request.isSkip, on: request.parent)
      guard proposal.header.hash == request.block,
        context.chain.configuration.allows(
          proposal.header.kind, at: proposal.header.number)
      else { return .refused(.otherBlock) }
      return sign(proposal, isBinding: request.isBinding)
    } catch { return .refused(.otherBlock) }
  }

  private func sign(_ proposal: QuorumProposal, isBinding: Bool) -> SignaturesResponse {
    if isBinding {
      do throws(Failure) {
        let signatures = try signatures(of: proposal)
        return signatures.isEmpty ? .refused(.nobody) : .signed(signatures)
      } catch { return .refused(.storeFailed) }
    }
    let held = proposal.validators.validators.map(\.publicKey).filter { keys[$0] != nil }
    do throws(StorageError) {
      let free = Set(
        try signed.free(proposal.header, keys: held, final: context.chain.macroNumber))
      let indices = proposal.indices(of: keys).filter { index in
        free.contains(proposal.validators.validators[Int(index)].publicKey)
      }
      return indices.isEmpty ? .refused(.nobody) : .ready(indices)
    } catch { return .refused(.storeFailed) }
  }

  private func record(
    _ answer: SignaturesResponse, to request: RequestSignatures, of peer: PeerID
  ) {
    switch answer {
    case .ready: return
    case .refused(let refusal):
      context.recorder.record(
        .producer(
          .refused(peer: peer.number, hash: request.block, reason: refusal.reason)))
    case .signed(let signatures):
      let number = context.chain.headNumber &+ 1
      let kind: BlockKind =
        request.isSkip
        ? .skip : context.chain.configuration.isElection(at: number) ? .election : .macro
      context.recorder.record(
        .producer(
          .signed(
            kind: kind.symbol, block: number, hash: request.block, peer: peer.number,
            signatures: signatures.count)))
    }
  }
}

extension QuorumProposal {
  /// The validators whose keys are among `keys`, as indices into the set, in order.
  fileprivate func indices(of keys: [PublicKey: KeyPair]) -> [UInt16] {
    validators.validators.enumerated().compactMap { index, validator in
      keys[validator.publicKey] == nil ? nil : UInt16(index)
    }
  }
}
