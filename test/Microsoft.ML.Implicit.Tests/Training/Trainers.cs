using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>Every way of training there is, for what all of them keep to.</summary>
internal static class Trainers
{
    // Nothing is trained, or it is trained as another kind is, or not by epochs: MetaLearnedLinearTests have its cancellation and history.
    private static readonly string[] LeftOut =
    [
        "series", "quadratic-program", "cone-program", "curve-fit", "regression", "anomaly-polar", "latent-inverse", "convolutional", "simulation",
        "neural-ode-convolutional", "total-variation", "soft-rank", "meta-learned",
    ];

    public static readonly IReadOnlyDictionary<string, Func<MLContext, TrainingOptions, SavedModel>> All =
        SavedModels.Kinds.Where(kind => !LeftOut.Contains(kind.Key)).Concat(
        [
            KeyValuePair.Create("jacobian-penalty", JacobianPenalty),
            KeyValuePair.Create("shifted-images", ShiftedImages),
            KeyValuePair.Create("regular-neural-ode", RegularNeuralOde),
            KeyValuePair.Create("hutchinson", Hutchinson),
            KeyValuePair.Create("flow-matching", FlowMatching),
            KeyValuePair.Create("learned-regret", LearnedRegret),
            KeyValuePair.Create("field-coefficients", (MLContext ml, TrainingOptions training) => SavedSeriesModels.Field(ml, training, learnsClosure: false)),
        ]).ToDictionary();

    private static SavedModel JacobianPenalty(MLContext ml, TrainingOptions training) => JacobianPenaltyOn(Shapes.Create(60), ml, training);

    public static SavedModel JacobianPenaltyOn(IReadOnlyList<Shapes.Row> rows, MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        var options = new DeepEquilibriumOptions { LabelColumnName = nameof(Shapes.Row.Size), HiddenWidth = 8, EnsembleSize = 3, JacobianPenalty = 0.1, Training = training };
        return new SavedModel(ml.Regression.Trainers.DeepEquilibrium(options).Fit(data), data, "Score");
    }

    private static SavedModel ShiftedImages(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new DeepEquilibriumOptions
        {
            LabelColumnName = nameof(Shapes.Row.IsFirst),
            FeatureColumnName = nameof(Shapes.Row.Pixels),
            Cell = EquilibriumCellKind.MultiscaleConvolutional,
            Image = new ImageShape(1, Shapes.Side, Shapes.Side),
            HiddenWidth = 8,
            MaximumImageShift = 2,
            Training = training,
        };
        return new SavedModel(ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data), data, "Score");
    }

    private static SavedModel RegularNeuralOde(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new NeuralOdeOptions
        {
            LabelColumnName = nameof(Shapes.Row.Size),
            StateWidth = 0,
            HiddenWidth = 8,
            EnsembleSize = 1,
            KineticPenalty = 0.01,
            JacobianPenalty = 0.01,
            SecondDerivativePenalty = 0.001,
            ThirdDerivativePenalty = 0.0001,
            EndTimeSpread = 0.5,
            Training = training,
        };
        return new SavedModel(ml.Regression.Trainers.NeuralOde(options).Fit(data), data, "Score");
    }

    private static SavedModel Hutchinson(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new NormalizingFlowOptions { HiddenWidth = 8, Trace = TraceEstimator.Rademacher, Training = training };
        return new SavedModel(ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data), data, "Score");
    }

    private static SavedModel FlowMatching(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new NormalizingFlowOptions { HiddenWidth = 8, Method = FlowTrainingMethod.FlowMatching, Training = training };
        return new SavedModel(ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data), data, "Score");
    }

    private static SavedModel LearnedRegret(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Shapes.Row.Costs),
            Loss = DecisionLoss.Regret,
            A = new double[,] { { 1, 1, 1 } },
            B = 1,
            LowerBounds = 0,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data, "Solution", "PredictedCost");
    }
}
