using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A trainer of each kind, of small models of <see cref="ModelRow"/>.</summary>
internal abstract class TrainerCase(string kind)
{
    public static IReadOnlyList<TrainerCase> All { get; } =
    [
        new TrainerCase<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>("multiclass", (ml, training, weights) =>
            ml.MulticlassClassification.Trainers.DeepEquilibrium(Equilibrium(nameof(ModelRow.Class), training, weights))),
        new TrainerCase<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>("binary", (ml, training, weights) =>
            ml.BinaryClassification.Trainers.DeepEquilibrium(Equilibrium(nameof(ModelRow.IsHigh), training, weights))),
        new TrainerCase<DeepEquilibriumTransformer, DeepEquilibriumModelParameters>("regression", (ml, training, weights) =>
            ml.Regression.Trainers.DeepEquilibrium(Equilibrium(nameof(ModelRow.Label), training, weights))),
        new TrainerCase<NeuralOdeTransformer, NeuralOdeModelParameters>("neural ODE classes", (ml, training, weights) =>
            ml.MulticlassClassification.Trainers.NeuralOde(Ode(nameof(ModelRow.Class), training, weights))),
        new TrainerCase<NeuralOdeTransformer, NeuralOdeModelParameters>("neural ODE binary", (ml, training, weights) =>
            ml.BinaryClassification.Trainers.NeuralOde(Ode(nameof(ModelRow.IsHigh), training, weights))),
        new TrainerCase<NeuralOdeTransformer, NeuralOdeModelParameters>("neural ODE", (ml, training, weights) =>
            ml.Regression.Trainers.NeuralOde(Ode(nameof(ModelRow.Label), training, weights))),
        new TrainerCase<NeuralOdeTransformer, NeuralOdeModelParameters>("convolutional neural ODE", (ml, training, weights) =>
            ml.Regression.Trainers.NeuralOde(ConvolutionalOde(nameof(ModelRow.Label), training, weights))),
        new TrainerCase<NormalizingFlowTransformer, NormalizingFlowModelParameters>("anomaly detection", (ml, training, weights) =>
            ml.AnomalyDetection.Trainers.NormalizingFlow(Flow(training, weights))),
        new TrainerCase<LatentTransformer, NormalizingFlowModelParameters>("latent vectors", (ml, training, weights) =>
            ml.Transforms.NormalizingFlow(Flow(training, weights), nameof(ModelOutput.Output))),
        new TrainerCase<LearnedQuadraticProgramTransformer, LearnedQuadraticProgramModelParameters>("learned program", (ml, training, weights) =>
            ml.Transforms.LearnedQuadraticProgram(Decisions(training, weights))),
        new TrainerCase<LearnedConeProgramTransformer, LearnedConeProgramModelParameters>("learned cone program", (ml, training, weights) =>
            ml.Transforms.LearnedConeProgram(ConeDecisions(training, weights))),
        new TrainerCase<LatentOdeTransformer, LatentOdeModelParameters>("forecast", (ml, training, weights) =>
            ml.Forecasting.ForecastByLatentOde(Forecast(training, weights))),
        new TrainerCase<ControlledEquationTransformer, ControlledEquationModelParameters>("series multiclass", (ml, training, weights) =>
            ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(Series(nameof(ModelRow.Class), SeriesReadingKind.ControlledDifferentialEquation, training, weights))),
        new TrainerCase<ControlledEquationTransformer, ControlledEquationModelParameters>("series binary", (ml, training, weights) =>
            ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(Series(nameof(ModelRow.IsHigh), SeriesReadingKind.LinearRecurrence, training, weights))),
        new TrainerCase<ControlledEquationTransformer, ControlledEquationModelParameters>("series regression", (ml, training, weights) =>
            ml.Regression.Trainers.NeuralControlledDifferentialEquation(Series(nameof(ModelRow.Label), SeriesReadingKind.LinearRecurrence, training, weights))),
        new TrainerCase<SeriesFeatureTransformer, ControlledEquationModelParameters>("series features", (ml, training, weights) =>
            ml.Transforms.NeuralControlledDifferentialEquation(
                Series(nameof(ModelRow.Label), SeriesReadingKind.ControlledDifferentialEquation, training, weights), nameof(ModelOutput.Output))),
        new TrainerCase<FieldTransformer, FieldModelParameters>("field", (ml, training, weights) =>
            ml.Forecasting.ForecastField(Field(training, weights))),
        new TrainerCase<MechanicsTransformer, MechanicsModelParameters>("mechanics", (ml, training, weights) =>
            ml.Forecasting.ForecastByMechanics(Mechanics(training, weights))),
        new TrainerCase<LatentSdeTransformer, LatentSdeModelParameters>("stochastic forecast", (ml, training, weights) =>
            ml.Forecasting.ForecastByLatentSde(StochasticForecast(training, weights))),
        new TrainerCase<MaximumSatisfiabilityTransformer, MaximumSatisfiabilityModelParameters>("satisfiability", (ml, training, weights) =>
            ml.Transforms.MaximumSatisfiability(Bits(training, weights))),
    ];

    public static IEnumerable<object[]> Kinds => All.Select(trainer => new object[] { trainer.Kind });

    public string Kind => kind;

    public static TrainerCase Of(string kind) => All.Single(trainer => trainer.Kind == kind);

    /// <summary>The trainer's type.</summary>
    public abstract Type Trainer { get; }

    /// <summary>The type of what it trains.</summary>
    public abstract Type Transformer { get; }

    /// <summary>Trains as shortly as can be, unless it is told otherwise.</summary>
    public abstract ITransformer Fit(MLContext ml, IDataView train, IDataView? validation = null, ITransformer? initial = null, string? weights = null, Action<TrainingOptions>? change = null);

    public abstract ImplicitModelParameters ModelOf(ITransformer transformer);

    /// <summary>Outputs of all rows, read one after another.</summary>
    public static float[][] Read(IDataView scored) =>
        scored.Schema.GetColumnOrNull(nameof(ModelOutput.Output)) is null && scored.Schema["Score"].Type is Microsoft.ML.Data.VectorDataViewType ? Scored.Vectors(scored) : SmallModel.Read(scored);

    private static DeepEquilibriumOptions Equilibrium(string label, TrainingOptions training, string? weights) =>
        new() { LabelColumnName = label, ExampleWeightColumnName = weights, HiddenWidth = 8, EnsembleSize = 1, Training = training };

    private static NeuralOdeOptions Ode(string label, TrainingOptions training, string? weights) =>
        new() { LabelColumnName = label, ExampleWeightColumnName = weights, StateWidth = 4, HiddenWidth = 8, EnsembleSize = 1, Training = training };

    private static NeuralOdeOptions ConvolutionalOde(string label, TrainingOptions training, string? weights) => new()
    {
        LabelColumnName = label,
        ExampleWeightColumnName = weights,
        Field = OdeFieldKind.Convolutional,
        Image = new ImageShape(1, 1, 2),
        StateWidth = 2,
        HiddenWidth = 2,
        Training = training,
    };

    // Distances, which anomaly scores have by default, are to the rows of the latest training, however little it learned.
    private static NormalizingFlowOptions Flow(TrainingOptions training, string? weights) =>
        new() { ContextColumnName = nameof(ModelRow.Context), ExampleWeightColumnName = weights, HiddenWidth = 8, Scoring = AnomalyScoring.LogDensity, Training = training };

    private static LearnedQuadraticProgramOptions Decisions(TrainingOptions training, string? weights) => new()
    {
        OutputColumnName = nameof(ModelOutput.Output),
        LabelColumnName = nameof(ModelRow.Costs),
        ExampleWeightColumnName = weights,
        A = new double[,] { { 1, 1, 1 } },
        B = 1,
        LowerBounds = 0,
        Training = training,
    };

    private static LearnedConeProgramOptions ConeDecisions(TrainingOptions training, string? weights)
    {
        var costs = new Parameter(nameof(ModelRow.Costs), 3);
        var mix = new Variable("mix", 3, sign: Sign.Nonnegative);
        return new LearnedConeProgramOptions
        {
            Program = ConvexProgram.Minimize(Functions.Norm2(mix) + Functions.Dot(costs, mix), Functions.Sum(mix).EqualTo(1)),
            ColumnNames = new Dictionary<string, string> { ["mix"] = nameof(ModelOutput.Output) },
            LearnedParameters = [nameof(ModelRow.Costs)],
            ExampleWeightColumnName = weights,
            Training = training,
        };
    }

    private static ControlledEquationOptions Series(string label, SeriesReadingKind reading, TrainingOptions training, string? weights) => new()
    {
        LabelColumnName = label,
        InputColumnNames = [nameof(ModelRow.Level)],
        ExampleWeightColumnName = weights,
        Reading = reading,
        StateWidth = 4,
        HiddenWidth = 8,
        EnsembleSize = 1,
        Training = training,
    };

    private static LatentOdeOptions Forecast(TrainingOptions training, string? weights) => new()
    {
        OutputColumnName = nameof(ModelOutput.Output),
        TimeColumnName = nameof(ModelRow.Time),
        InputColumnNames = [nameof(ModelRow.Level)],
        ExampleWeightColumnName = weights,
        Horizon = [1],
        LatentWidth = 4,
        HiddenWidth = 8,
        SolverSteps = 4,
        EnsembleSize = 1,
        Training = training,
    };

    private static FieldOptions Field(TrainingOptions training, string? weights) => new()
    {
        OutputColumnName = nameof(ModelOutput.Output),
        InputColumnName = nameof(ModelRow.Field),
        TimeColumnName = nameof(ModelRow.Hour),
        SeriesColumnName = nameof(ModelRow.Run),
        ExampleWeightColumnName = weights,
        Grid = new FieldGrid(GridAxis.Periodic(8, 1)),
        Horizon = [0.5],
        HiddenWidth = 4,
        RolloutLength = 2,
        Training = training,
    };

    private static MechanicsOptions Mechanics(TrainingOptions training, string? weights) => new()
    {
        OutputColumnName = nameof(ModelOutput.Output),
        EnergyColumnName = null,
        TimeColumnName = nameof(ModelRow.Time),
        PositionColumnNames = [nameof(ModelRow.Level)],
        VelocityColumnNames = [nameof(ModelRow.Costs)],
        ExampleWeightColumnName = weights,
        Horizon = [1],
        HiddenWidth = 4,
        Training = training,
    };

    private static MaximumSatisfiabilityOptions Bits(TrainingOptions training, string? weights) => new()
    {
        BitColumnName = nameof(ModelRow.Costs),
        KnownColumnName = nameof(ModelRow.IsSeen),
        OutputColumnName = "Completed",
        ConfidenceColumnName = nameof(ModelOutput.Output),
        ExampleWeightColumnName = weights,
        Training = training,
    };

    private static LatentSdeOptions StochasticForecast(TrainingOptions training, string? weights) => new()
    {
        OutputColumnName = nameof(ModelOutput.Output),
        TimeColumnName = nameof(ModelRow.Time),
        InputColumnNames = [nameof(ModelRow.Level)],
        ExampleWeightColumnName = weights,
        Horizon = [1],
        LatentWidth = 4,
        HiddenWidth = 8,
        SolverSteps = 4,
        PathCount = 8,
        EnsembleSize = 1,
        Training = training,
    };
}
