using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

[TestClass]
public class ForecastDivisionTests
{
    [TestMethod]
    public void Where_series_are_held_out_of_few_more_networks_hold_out_less()
    {
        Assert.AreEqual(3, ForecastDivision.DefaultMembers(19, holdsOutSeries: false));
        Assert.AreEqual(5, ForecastDivision.DefaultMembers(19, holdsOutSeries: true));
        Assert.AreEqual(5, ForecastDivision.DefaultMembers(499, holdsOutSeries: true));
        Assert.AreEqual(3, ForecastDivision.DefaultMembers(500, holdsOutSeries: true));
    }

    [TestMethod]
    public void Series_are_held_out_where_they_are_many_or_as_many_as_stretches_of_a_series()
    {
        Assert.IsTrue(ForecastDivision.HoldsOutSeries(20, stretches: 1000));
        Assert.IsTrue(ForecastDivision.HoldsOutSeries(9, stretches: 2));
        Assert.IsTrue(ForecastDivision.HoldsOutSeries(5, stretches: 5));
        Assert.IsFalse(ForecastDivision.HoldsOutSeries(19, stretches: 20));
        Assert.IsFalse(ForecastDivision.HoldsOutSeries(4, stretches: 1));
        Assert.IsFalse(ForecastDivision.HoldsOutSeries(1, stretches: 0.5));
    }

    [TestMethod]
    public void An_observation_is_held_out_by_one_network_and_with_many_series_by_none_by_one_or_by_all()
    {
        foreach ((int series, int members, int[] expected) in new (int, int, int[])[] { (1, 3, [1]), (5, 5, [1]), (19, 4, [1]), (20, 3, [1]), (52, 5, [1]), (400, 3, [0, 1, 3]) })
        {
            int[] lengths = [.. Enumerable.Range(0, series).Select(i => 30 + i)];
            ForecastDivision division = ForecastDivision.Divide(lengths, members, null, series >= 5 && members != 4, new Random(1));
            Assert.HasCount(members, division.Networks);
            var counts = new SortedSet<int>();
            for (int i = 0; i < series; i++)
            {
                for (int observation = 0; observation < lengths[i]; observation++)
                {
                    int count = division.Networks.Count(fold => fold.IsHeldOut(i, observation));
                    Assert.AreEqual(division.Shared.IsHeldOut(i, observation), count == members);
                    counts.Add(count);
                }
            }

            CollectionAssert.AreEqual(expected, counts.ToArray());
        }
    }

    [TestMethod]
    public void Each_network_holds_out_the_fraction_asked_for()
    {
        foreach ((int members, double? fraction, int expected) in new (int, double?, int)[] { (1, null, 20), (1, 0.5, 50), (2, null, 33), (3, 0.1, 10), (4, 0.5, 25), (3, 0.0, 0) })
        {
            ForecastDivision division = ForecastDivision.Divide([.. Enumerable.Repeat(7, 100)], members, fraction, holdsOutSeries: true, new Random(1));
            foreach (ForecastFold fold in division.Networks)
            {
                Assert.AreEqual(expected, Enumerable.Range(0, 100).Count(i => fold.IsHeldOut(i, 0)), 1, $"{members} networks, {fraction}");
            }
        }
    }
}
