using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>flow-score-rows</c>: a normalizing flow of 8 features, scored with the exact trace at the default tolerance.</summary>
internal sealed class FlowScoringCase(int rows) : ScoringCase<FlowScoringCase.Row, FlowScoringCase.Scored>("flow-score", rows, trainingRows: 2000)
{
    private const int FeatureCount = 8;

    // Each feature bends the one before it, so that the density is no product.
    protected override Row Draw(Random random, int index)
    {
        float[] features = new float[FeatureCount];
        for (int i = 0; i < FeatureCount; i++)
        {
            features[i] = (float)(random.NextDouble() + random.NextDouble() - 1 + (i == 0 ? 0 : Math.Sin(3 * features[i - 1])));
        }

        return new Row { Features = features };
    }

    protected override ITransformer Train(MLContext ml, IDataView data, string device)
    {
        var options = new NormalizingFlowOptions { Scoring = AnomalyScoring.LogDensity, Training = { MaximumEpochs = 30, Device = device } };
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
    }

    internal sealed class Row
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    internal sealed class Scored
    {
        public float Score { get; set; }
    }
}
