import Primitives
import Testing

@Suite struct UnitPowerTests {
  @Test func power_shouldBeTheProduct_andLinearBetween() {
    #expect(UnitPower.of(0.5, 0) == 1 && UnitPower.of(0.5, 3) == 0.125)
    #expect(UnitPower.of(0.5, 1.5) == 0.375)
    #expect(UnitPower.of(0, 5) == 0 && UnitPower.of(1, 1e9) == 1)
    #expect(UnitPower.of(0.999, 1e12) < 1e-300)
  }
}
