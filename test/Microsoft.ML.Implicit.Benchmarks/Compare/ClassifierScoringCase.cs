using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>score-rows</c>: a deep-equilibrium classifier of 64 features and 10 classes.</summary>
internal sealed class ClassifierScoringCase(int rows) : ScoringCase<ClassifierScoringCase.Row, ClassifierScoringCase.Scored>("score", rows, trainingRows: 500)
{
    private const int FeatureCount = 64;

    protected override Row Draw(Random random, int index) => new()
    {
        Features = [.. Enumerable.Range(0, FeatureCount).Select(_ => (float)random.NextDouble())],
        Label = (uint)(index % 10),
    };

    protected override ITransformer Train(MLContext ml, IDataView data, string device) =>
        ml.MulticlassClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { Training = { MaximumEpochs = 2, Device = device } }).Fit(data);

    internal sealed class Row
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        [KeyType(10)]
        public uint Label { get; set; }
    }

    internal sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
