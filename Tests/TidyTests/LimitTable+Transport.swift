extension LimitTable {
  static let transportLimits: [String: Proof] = [
    "TransportLimits.recordBytesMax": .driven(by: "cipher_shouldEncrypt_upToTheLongestMessage"),
    "TransportLimits.handshakeMessageBytesMax":
      .driven(by: "tooLongMessage_shouldBeRefused_byItsLength"),
    "TransportLimits.attachmentBytesMax":
      .driven(by: "attachment_shouldBeAsLongAsItsLimit_andNoLonger"),
    "TransportLimits.rekeyRecords":
      .driven(by: "keys_shouldBeReplaced_afterSoManyRecordsOrBytes_atBothEnds"),
    "TransportLimits.rekeyBytes":
      .driven(by: "keys_shouldBeReplaced_afterSoManyRecordsOrBytes_atBothEnds"),
    "TransportLimits.pieceBytesMax": .driven(by: "piece_shouldBeAsLongAsItsLimit_andNoLonger"),
    "TransportLimits.bulkPieceBytesMax":
      .driven(by: "header_shouldWaitForOneFrameAtMost_whateverElseWaits"),
    "TransportLimits.streamsMax": .driven(by: "streams_shouldBeSoManyAtMost_ofEachEnd"),
    "TransportLimits.initialCreditBytes":
      .driven(by: "messages_shouldBeSent_asFarAsTheCreditGoes"),
    "TransportLimits.messageOverheadBytes": .driven(by: "emptyMessages_shouldCostCredit"),
    "TransportLimits.creditBytesMax": .driven(by: "credit_shouldBeRefused_beyondItsLimit"),
    "TransportLimits.pingsPendingMax": .driven(by: "pongsThatWait_shouldBeSoManyAtMost"),
    "TransportLimits.messageBytesMax": .driven(by: "message_shouldBeRefused_whenItIsTooLarge"),
    "TransportLimits.inboundPoolBytes": .driven(by: "largestMessage_shouldArrive_byTheDefaults"),
    "TransportLimits.outboundBytesMax":
      .driven(by: "messagesThatWait_shouldStayBelowTheirBytes_andLeaveRoomForUrgentOnes"),
    "TransportLimits.outboundUrgentBytes":
      .driven(by: "messagesThatWait_shouldStayBelowTheirBytes_andLeaveRoomForUrgentOnes"),
    "TransportLimits.emitBytesMin":
      .driven(by: "bytes_shouldNeverBeMoreThanAskedFor_andComeForEmitBytesMin"),
    "TransportLimits.newBuckets":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.newBucketsPerSource":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.bucketPlaces":
      .driven(by: "oneGroupOfSources_shouldReachFewPlaces_howeverMuchItTells"),
    "TransportLimits.triedBuckets": .driven(by: "oneGroupOfAddresses_shouldReachFewTriedPlaces"),
    "TransportLimits.triedBucketsPerGroup":
      .driven(by: "oneGroupOfAddresses_shouldReachFewTriedPlaces"),
    "TransportLimits.addressFailuresMax":
      .driven(by: "newAddress_shouldLeave_afterSoManyFailures"),
    "TransportLimits.redialPauseFirst":
      .driven(by: "choice_shouldKeepToWhatIsDue_andDoubleThePause"),
    "TransportLimits.redialDoublings":
      .driven(by: "choice_shouldKeepToWhatIsDue_andDoubleThePause"),
    "TransportLimits.addressesToldMax":
      .driven(by: "toldAddresses_shouldBeTried_andAQuarterAtMost"),
    "TransportLimits.anchorsMax": .driven(by: "anchors_shouldBeTheLastConnections"),
    "TransportLimits.readBytesMax": .estimate("bytes of one call; what comes is read in any case"),
    "TransportLimits.readTurnBytes": .estimate("a turn's length; what is left has the next"),
    "TransportLimits.writeBytesMax": .estimate("bytes of one call; what waits goes out next"),
    "TransportLimits.unsentKernelBytesMax":
      .estimate("an option of the kernel's; what it does not keep is sent later"),
    "TransportLimits.listenBacklog":
      .estimate("connections that the kernel keeps, and a turn's length"),
    "TransportLimits.acceptPause":
      .driven(by: "connection_shouldBeRefusedAloud_whenDescriptorsRunOut_andTakenLater"),
    "TransportLimits.dialTimeout": .estimate("a try that is given up is made again later"),
    "TransportLimits.lingerTimeout":
      .estimate("what has not left by then is lost with the connection"),
    "TransportLimits.writeStallMax":
      .driven(by: "peerThatTakesNothing_shouldBeGone_butNotBecauseThereWasNothingToSend"),
    "TransportLimits.handshakeTimeout": .driven(by: "handshake_shouldEndInTime_whateverComes"),
    "TransportLimits.pingInterval":
      .driven(by: "silentPeer_shouldBeGone_thoughASignOfLifeKeepsItHere"),
    "TransportLimits.silenceMax":
      .driven(by: "silentPeer_shouldBeGone_thoughASignOfLifeKeepsItHere"),
    "TransportLimits.inboundConnectionsMax":
      .estimate("default of a setting; the table is driven with others"),
    "TransportLimits.outboundConnectionsMax":
      .estimate("default of a setting; the plan is driven with others"),
    "TransportLimits.handshakesMax":
      .driven(by: "oldestHandshake_shouldGiveWay_whenThereAreTooMany"),
    "TransportLimits.connectionsPerAddressMax":
      .driven(by: "connections_shouldBeLimited_byAddressAndSubnet_ofBothForms"),
    "TransportLimits.connectionsPerSubnetMax":
      .driven(by: "connections_shouldBeLimited_byAddressAndSubnet_ofBothForms"),
    "TransportLimits.dialsMax":
      .driven(by: "dials_shouldFillUp_inDistinctGroups_soManyAtATime"),
    "TransportLimits.hostNameBytesMax": .driven(by: "lengths_shouldEndAtTheirLimits"),
    "TransportLimits.hostLabelBytesMax": .driven(by: "lengths_shouldEndAtTheirLimits"),
    "TransportLimits.hostAddressesMax":
      .estimate("addresses of one host that are dialled in turn; few hosts have so many"),
    "TransportLimits.lookUpsMax": .driven(by: "lookUps_shouldBeSoManyAtATime"),
    "TransportLimits.keptPauseFirst":
      .driven(by: "pauses_shouldBeDrawnFromNoneToALimitThatDoubles"),
    "TransportLimits.keptPauseDoublings":
      .driven(by: "pauses_shouldBeDrawnFromNoneToALimitThatDoubles"),
    "TransportLimits.keptSteady":
      .driven(by: "connectionThatEndsSoon_shouldBeAFailure_andASteadyOneNot"),
    "TransportLimits.bansMax":
      .driven(by: "bans_shouldBeSoManyAtMost_andTheFirstToEndBeForgotten"),
    "TransportLimits.banSeconds":
      .driven(by: "ban_shouldEnd_andHoldForTheIdentityWhereverItComesFrom"),
    "TransportLimits.bansPerAddress":
      .driven(by: "address_shouldBeBanned_onceSeveralCameFromIt_andNeverThisHost"),
    "TransportLimits.gossipDegree":
      .driven(by: "urgentMessages_shouldBePushedToSome_andLargeOnesAnnouncedToAll"),
    "TransportLimits.gossipHeldBytes": .driven(by: "heldMessages_shouldStayBelowTheirBytes"),
    "TransportLimits.gossipOverheadBytes": .driven(by: "heldMessages_shouldStayBelowTheirBytes"),
    "TransportLimits.gossipOfferBytes": .driven(by: "heldMessages_shouldStayBelowTheirBytes"),
    "TransportLimits.promisesMax": .driven(by: "promises_shouldBeBounded_byNeighbourAndInAll"),
    "TransportLimits.promisesPerPeerMax":
      .driven(by: "promises_shouldBeBounded_byNeighbourAndInAll"),
    "TransportLimits.announcersMax":
      .driven(by: "whoBrokePromises_shouldBePassedOver_forWhoKeptThem"),
    "TransportLimits.promiseWait":
      .driven(by: "latePromise_shouldBeAskedOfOthers_andUrgentOnesBeWaitedForALittle"),
    "TransportLimits.promiseMax":
      .driven(by: "slowMessage_shouldBeWaitedFor_asLongAsBytesCome_upToALimit"),
    "TransportLimits.pushWait":
      .driven(by: "latePromise_shouldBeAskedOfOthers_andUrgentOnesBeWaitedForALittle"),
    "TransportLimits.connectionPoolBytes":
      .driven(by: "room_shouldBeGivenAsLongAsThereIsSome_andComeBack"),
    "TransportLimits.sharedPoolBytes":
      .driven(by: "manyMessagesOfOnePeer_shouldNotAskForMoreThanOneAtATime"),
    "TransportLimits.holderWindow":
      .driven(by: "whoHoldsRoomAndMovesNothing_shouldBeFound_andOthersNot"),
    "TransportLimits.holderBytesMin":
      .driven(by: "whoHoldsRoomAndMovesNothing_shouldBeFound_andOthersNot"),
    "TransportLimits.unsentBytesMax":
      .driven(by: "readersThatTakeNothing_shouldNotKeepOthersFromAnswers"),
    "TransportLimits.tickPause": .estimate("how often the clock is looked at"),
    "TransportLimits.probeWait": .driven(by: "probedPeer_shouldShowASignOfLifeSoon"),
    "TransportLimits.ownTagsFrom": .estimate("divides numbers; a topic beyond it traps"),
    "TransportLimits.addressesPause":
      .driven(by: "nodes_shouldFindEachOther_byWhatTheyRemember_whenTheOneTheyKnewIsGone"),
    "TransportLimits.addressesTimeout":
      .estimate("who tells nothing is not waited for longer"),
    "TransportLimits.lineQueueMax": .driven(by: "headers_shouldWaitShortly_onALineThatIsFull"),
    "TransportLimits.lineWindowMin":
      .driven(by: "window_shouldNeverBeBelowItsLeast_norAboveItsMost"),
    "TransportLimits.lineWindowMax":
      .driven(by: "window_shouldNeverBeBelowItsLeast_norAboveItsMost"),
    "TransportLimits.slowLineBytesPerSecond": .driven(by: "fastLine_shouldBeLeftToTheKernel"),
    "TransportLimits.lineReadingPause": .driven(by: "headers_shouldWaitShortly_onALineThatIsFull"),
  ]
}
