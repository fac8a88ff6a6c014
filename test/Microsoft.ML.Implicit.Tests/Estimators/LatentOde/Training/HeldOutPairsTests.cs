using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

[TestClass]
public class HeldOutPairsTests
{
    [TestMethod]
    public void Series_that_leave_nothing_to_learn_from_once_a_part_is_held_out_are_refused_with_that_reason_and_learned_from_as_a_whole()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(new[] { Row(), Row() });
        LatentOdeOptions options = QuickOptions.Create();
        options.Horizon = [1];
        options.EnsembleSize = 3;
        string message = Assert.Throws<InvalidOperationException>(() => ml.Forecasting.ForecastByLatentOde(options).Fit(rows)).Message;
        StringAssert.Contains(message, "held out", StringComparison.Ordinal);
        StringAssert.Contains(message, "Training.ValidationFraction = 0", StringComparison.Ordinal);
        options.Training.ValidationFraction = 0;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(rows);
    }

    // One pair within the horizon, whose later observation one of three networks holds out.
    private static WaveRow Row() => new() { Time = [0, 1, 10, 20, 30], Sine = [1, 2, 3, 2, 1], Cosine = [2, 1, 2, 3, 2] };
}
