using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class ForecastDivisionTests
{
    [TestMethod]
    public void An_observation_is_held_out_by_no_network_by_one_or_by_all()
    {
        foreach ((int series, int members) in new[] { (1, 3), (19, 4), (20, 3), (52, 3), (65, 5) })
        {
            int[] lengths = [.. Enumerable.Range(0, series).Select(i => 30 + i)];
            ForecastDivision division = ForecastDivision.Divide(lengths, members, null, new Random(1));
            Assert.HasCount(members, division.Networks);
            bool[] isSeen = new bool[members + 1];
            for (int i = 0; i < series; i++)
            {
                for (int observation = 0; observation < lengths[i]; observation++)
                {
                    int count = division.Networks.Count(fold => fold.IsHeldOut(i, observation));
                    Assert.AreEqual(division.Shared.IsHeldOut(i, observation), count == members);
                    isSeen[count] = true;
                }
            }

            CollectionAssert.AreEqual(Enumerable.Range(0, members + 1).Select(count => count <= 1 || count == members).ToArray(), isSeen);
        }
    }

    [TestMethod]
    public void Each_network_holds_out_the_fraction_asked_for()
    {
        foreach ((int members, double? fraction, int expected) in new (int, double?, int)[] { (1, null, 20), (1, 0.5, 50), (2, null, 33), (3, 0.1, 10), (4, 0.5, 25), (3, 0.0, 0) })
        {
            ForecastDivision division = ForecastDivision.Divide([.. Enumerable.Repeat(7, 100)], members, fraction, new Random(1));
            foreach (ForecastFold fold in division.Networks)
            {
                Assert.AreEqual(expected, Enumerable.Range(0, 100).Count(i => fold.IsHeldOut(i, 0)), 1, $"{members} networks, {fraction}");
            }
        }
    }
}
