extension LimitTable {
  static let campaignLimits: [String: Proof] = [
    "CampaignLimits.seedsMax": .driven(by: "seeds_shouldBeRefused_aboveTheirNumber"),
    "CampaignLimits.shardsMax": .driven(by: "shards_shouldBeRefused_aboveTheirNumber"),
    "CampaignLimits.jobsMax": .driven(by: "jobs_shouldBeRefused_aboveTheirNumber"),
    "CampaignLimits.lineBytesMax": .driven(by: "aLine_shouldBeRefused_aboveItsLength"),
    "CampaignLimits.textBytesMax": .driven(by: "aReason_shouldBeCut_aboveItsLength"),
    "CampaignLimits.seedsNamedMax":
      .driven(by: "aSummary_shouldNameABoundedNumberOfSeeds"),
    "CampaignLimits.seedsOfClassMax":
      .driven(by: "aSummary_shouldNameABoundedNumberOfSeeds"),
    "CampaignLimits.classesMax":
      .driven(by: "aSummary_shouldTellABoundedNumberOfClassesApart"),
    "CampaignLimits.slowSeedsMax":
      .driven(by: "aSummary_shouldNameABoundedNumberOfSeeds"),
    "CampaignLimits.ratioStepsMax":
      .driven(by: "aSummary_shouldCountSlowRunsTogether"),
    "CampaignLimits.triesMax":
      .estimate("how often the end of a process may come from outside and not from its seed"),
  ]
}
