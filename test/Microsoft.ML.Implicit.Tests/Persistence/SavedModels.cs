using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>One small model of each kind that can be saved, with the rows it scores and the columns it writes.</summary>
internal static class SavedModels
{
    public static readonly IReadOnlyDictionary<string, Func<MLContext, TrainingOptions, SavedModel>> Kinds = new Dictionary<string, Func<MLContext, TrainingOptions, SavedModel>>
    {
        ["multiclass-ensemble"] = Multiclass,
        ["binary"] = Binary,
        ["regression"] = Regression,
        ["convolutional"] = Convolutional,
        ["neural-ode"] = NeuralOde,
        ["neural-ode-convolutional"] = ConvolutionalNeuralOde,
        ["anomaly"] = (ml, training) => Anomaly(ml, training, AnomalyScoring.LogDensity),
        ["anomaly-distance"] = (ml, training) => Anomaly(ml, training, AnomalyScoring.DensityAndDistance),
        ["anomaly-polar"] = (ml, training) => Anomaly(ml, training, AnomalyScoring.PolarLogDensity),
        ["conditional-manifold"] = ConditionalManifold,
        ["latent"] = Latent,
        ["latent-inverse"] = LatentInverse,
    }.Concat(SavedSeriesModels.Kinds).Concat(SavedDecisionModels.Kinds).ToDictionary();

    /// <summary>Options for a model that need not be a good one.</summary>
    public static TrainingOptions Quickly() => new() { MaximumEpochs = 2, BatchSize = 16, Seed = 1 };

    /// <summary>What a trainer without a seed would draw next from a context.</summary>
    public static int DrawSeed(MLContext ml) => ((IHostEnvironment)ml).Register("test").Rand.Next();

    private static SavedModel Multiclass(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        data = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Shapes.Row.Name)).Fit(data).Transform(data);
        DeepEquilibriumOptions options = Equilibrium(training);
        options.EnsembleSize = 2;
        return new SavedModel(ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data), data, "PredictedLabel", "Score");
    }

    private static SavedModel Binary(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        DeepEquilibriumOptions options = Equilibrium(training);
        options.LabelColumnName = nameof(Shapes.Row.IsFirst);
        options.Solver = EquilibriumSolverKind.Broyden;
        return new SavedModel(ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data), data, "PredictedLabel", "Score", "Probability");
    }

    private static SavedModel Regression(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        DeepEquilibriumOptions options = Equilibrium(training);
        options.LabelColumnName = nameof(Shapes.Row.Size);
        options.Solver = EquilibriumSolverKind.Picard;
        return new SavedModel(ml.Regression.Trainers.DeepEquilibrium(options).Fit(data), data, "Score");
    }

    private static SavedModel Convolutional(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        DeepEquilibriumOptions options = Equilibrium(training);
        options.LabelColumnName = nameof(Shapes.Row.IsFirst);
        options.FeatureColumnName = nameof(Shapes.Row.Pixels);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = new ImageShape(1, Shapes.Side, Shapes.Side);
        training.LearningRate = 1e-4;
        return new SavedModel(ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data), data, "PredictedLabel", "Score", "Probability");
    }

    private static SavedModel NeuralOde(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        data = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Shapes.Row.Name)).Fit(data).Transform(data);
        var options = new NeuralOdeOptions { StateWidth = 4, HiddenWidth = 8, EnsembleSize = 2, EvaluationColumnName = "Evaluations", Training = training };
        return new SavedModel(ml.MulticlassClassification.Trainers.NeuralOde(options).Fit(data), data, "PredictedLabel", "Score", "Evaluations");
    }

    private static SavedModel ConvolutionalNeuralOde(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new NeuralOdeOptions
        {
            LabelColumnName = nameof(Shapes.Row.IsFirst),
            FeatureColumnName = nameof(Shapes.Row.Pixels),
            Field = OdeFieldKind.Convolutional,
            Image = new ImageShape(1, Shapes.Side, Shapes.Side),
            StateWidth = 3,
            HiddenWidth = 4,
            Training = training,
        };
        return new SavedModel(ml.BinaryClassification.Trainers.NeuralOde(options).Fit(data), data, "PredictedLabel", "Score", "Probability");
    }

    private static SavedModel Anomaly(MLContext ml, TrainingOptions training, AnomalyScoring scoring)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        NormalizingFlowOptions options = Flow(training);
        options.Scoring = scoring;
        return new SavedModel(ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data), data, "Score", "PredictedLabel", "LogDensity", "ScoreQuantile");
    }

    private static SavedModel ConditionalManifold(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        NormalizingFlowOptions options = Flow(training);
        options.FeatureColumnName = nameof(Shapes.Row.Pose);
        options.ContextColumnName = nameof(Shapes.Row.Features);
        options.ManifoldFeatures = [ManifoldFeature.Angle(1, period: 360), ManifoldFeature.UnitVector(firstSlot: 2, length: 2)];
        return new SavedModel(ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data), data, "Score", "PredictedLabel", "LogDensity", "ScoreQuantile");
    }

    private static SavedModel Latent(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        return new SavedModel(ml.Transforms.NormalizingFlow(Flow(training)).Fit(data), data, "Latent", "LogDensity");
    }

    private static SavedModel LatentInverse(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        LatentTransformer model = ml.Transforms.NormalizingFlow(Flow(training), "Z").Fit(data);
        return new SavedModel(model.CreateInverse("Back"), model.Transform(data), "Back");
    }

    // A narrow tolerance leaves no choice of iterations to rounding.
    private static DeepEquilibriumOptions Equilibrium(TrainingOptions training) => new() { HiddenWidth = 8, EnsembleSize = 1, Tolerance = 1e-6, MaximumIterations = 100, Training = training };

    private static NormalizingFlowOptions Flow(TrainingOptions training) => new() { HiddenWidth = 8, Training = training };
}
