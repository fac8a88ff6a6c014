using Microsoft.ML.Implicit.Benchmarks.Quality;

namespace Microsoft.ML.Implicit.Tests.Benchmarks;

[TestClass]
public sealed class RankingTests
{
    // On the third set the last model was not tried; on the second the first two are level.
    private static readonly Ranking Models = new(
        [
            ("one", "a", 1), ("one", "a", 3), ("one", "b", 4), ("one", "c", 1),
            ("two", "a", 5), ("two", "b", 5), ("two", "c", 10),
            ("three", "a", 4), ("three", "b", 2),
        ],
        ["a", "b", "c"]);

    [TestMethod]
    public void Models_that_tie_share_the_mean_of_their_ranks_and_sets_without_a_model_do_not_count_for_it()
    {
        double[] expected = [(2 + 1.5 + 2) / 3, (3 + 1.5 + 1) / 3, (1 + 3) / 2.0];
        CollectionAssert.AreEqual(expected, Models.MeanRanks);
    }

    [TestMethod]
    public void Every_model_level_with_the_best_is_first() => CollectionAssert.AreEqual(new double[] { 1, 2, 1 }, Models.Firsts);

    [TestMethod]
    public void Gaps_are_measured_from_the_best_mean_of_each_set()
    {
        CollectionAssert.AreEqual(new[] { 1, 3, 1.0 }, Models.WorstGaps(Ranking.Relative));
        CollectionAssert.AreEqual(new[] { 2 / 3.0, 1, 0.5 }, Models.MeanGaps(Ranking.Relative));
    }
}
