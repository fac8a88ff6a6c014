using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Optimization;
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
        ["forecast-gru"] = (ml, training) => Forecast(ml, training, SeriesEncoderKind.Gru),
        ["forecast-ode-rnn"] = (ml, training) => Forecast(ml, training, SeriesEncoderKind.OdeRnn),
        ["forecast-gru-ode-bayes"] = (ml, training) => Forecast(ml, training, SeriesEncoderKind.GruOdeBayes),
        ["forecast-controlled"] = (ml, training) => Forecast(ml, training, SeriesEncoderKind.ControlledDifferentialEquation),
        ["mechanics"] = (ml, training) => Mechanics(ml, training, MechanicsForm.Newtonian),
        ["mechanics-hamiltonian"] = (ml, training) => Mechanics(ml, training, MechanicsForm.Hamiltonian),
        ["forecast-sde"] = (ml, training) => StochasticForecast(ml, training, LatentSdeTrainingMethod.SdeMatching),
        ["forecast-sde-adjoint"] = (ml, training) => StochasticForecast(ml, training, LatentSdeTrainingMethod.Adjoint),
        ["simulation"] = Simulation,
        ["series"] = (ml, _) => Series(ml),
        ["quadratic-program"] = (ml, _) => QuadraticProgram(ml),
        ["cone-program"] = (ml, _) => ConeProgram(ml),
        ["label-recurrence"] = LabelByRecurrence,
        ["label-controlled"] = LabelByControlledEquation,
        ["label-windows"] = LabelInWindows,
        ["label-features"] = LabelFeatures,
        ["curve-fit"] = (ml, _) => FitCurve(ml),
        ["learned-costs"] = LearnedCosts,
        ["learned-constraints"] = LearnedConstraints,
        ["satisfiability"] = Satisfiability,
    };

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

    private static SavedModel Forecast(MLContext ml, TrainingOptions training, SeriesEncoderKind encoder)
    {
        // The first kind has all that a series may have, the others follow a drift.
        bool isRich = encoder == SeriesEncoderKind.Gru;
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(isRich ? 30 : 6));
        var options = new LatentOdeOptions
        {
            TimeColumnName = nameof(Walks.Row.Day),
            InputColumnNames = [nameof(Walks.Row.Level), nameof(Walks.Row.Flow)],
            StaticColumnNames = isRich ? [nameof(Walks.Row.Slope)] : [],
            CovariateTimeColumnName = isRich ? nameof(Walks.Row.KnownDay) : null,
            CovariateColumnNames = isRich ? [nameof(Walks.Row.Known)] : [],
            SeasonalPeriods = isRich ? [7] : [],
            QuantileLevels = isRich ? [0.1, 0.9] : [],
            Horizon = [1, 2.5],
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
            Encoder = encoder,
            LatentWidth = 3,
            HiddenWidth = 6,
            SolverSteps = 4,
            EnsembleSize = 2,
            Training = training,
        };
        string[] quantiles = isRich ? ["Quantiles"] : [];
        return new SavedModel(ml.Forecasting.ForecastByLatentOde(options).Fit(data), data, ["Forecast", "Lower", "Upper", .. quantiles]);
    }

    private static SavedModel LabelByRecurrence(MLContext ml, TrainingOptions training)
    {
        // With all that a series may have.
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(30));
        data = ml.Transforms.Conversion.MapValueToKey("Label", nameof(Walks.Row.Pace)).Fit(data).Transform(data);
        ControlledEquationOptions options = Labels("Label", training);
        options.Reading = SeriesReadingKind.LinearRecurrence;
        options.StaticColumnNames = [nameof(Walks.Row.Slope)];
        options.CovariateTimeColumnName = nameof(Walks.Row.KnownDay);
        options.CovariateColumnNames = [nameof(Walks.Row.Known)];
        options.EnsembleSize = 2;
        return new SavedModel(ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data), data, "PredictedLabel", "Score");
    }

    private static SavedModel LabelByControlledEquation(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(30));
        ControlledEquationOptions options = Labels(nameof(Walks.Row.IsFast), training);
        options.Path = SeriesPathKind.NaturalCubic;
        return new SavedModel(ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data), data, "PredictedLabel", "Score", "Probability");
    }

    private static SavedModel LabelInWindows(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(30));
        ControlledEquationOptions options = Labels(nameof(Walks.Row.Slope), training);
        options.Windows = 4;
        return new SavedModel(ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(data), data, "Score");
    }

    private static SavedModel LabelFeatures(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(30));
        return new SavedModel(ml.Transforms.NeuralControlledDifferentialEquation(Labels(nameof(Walks.Row.Slope), training), "Course").Fit(data), data, "Course");
    }

    private static ControlledEquationOptions Labels(string label, TrainingOptions training) => new()
    {
        LabelColumnName = label,
        TimeColumnName = nameof(Walks.Row.Day),
        InputColumnNames = [nameof(Walks.Row.Level), nameof(Walks.Row.Flow)],
        Reading = SeriesReadingKind.ControlledDifferentialEquation,
        StateWidth = 4,
        HiddenWidth = 6,
        EnsembleSize = 1,
        Training = training,
    };

    private static SavedModel Mechanics(MLContext ml, TrainingOptions training, MechanicsForm form)
    {
        // The first kind has all that a system may have.
        bool isRich = form == MechanicsForm.Newtonian;
        string[] rates = [nameof(Walks.Row.Flow)];
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(3));
        var options = new MechanicsOptions
        {
            Form = form,
            TimeColumnName = nameof(Walks.Row.Day),
            PositionColumnNames = [nameof(Walks.Row.Level)],
            AngleColumnNames = isRich ? [nameof(Walks.Row.Level)] : [],
            VelocityColumnNames = isRich ? rates : [],
            MomentumColumnNames = isRich ? [] : rates,
            ControlTimeColumnName = isRich ? nameof(Walks.Row.KnownDay) : null,
            ControlColumnNames = isRich ? [nameof(Walks.Row.Known)] : [],
            HasFriction = isRich,
            Horizon = [1, 2.5],
            EnergyHistoryColumnName = "Energies",
            HiddenWidth = 2,
            WindowLength = 2,
            Training = training,
        };
        return new SavedModel(ml.Forecasting.ForecastByMechanics(options).Fit(data), data, "Forecast", "Energy");
    }

    private static SavedModel StochasticForecast(MLContext ml, TrainingOptions training, LatentSdeTrainingMethod method)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Walks.Create(30));
        var options = new LatentSdeOptions
        {
            TimeColumnName = nameof(Walks.Row.Day),
            InputColumnNames = [nameof(Walks.Row.Level), nameof(Walks.Row.Flow)],
            StaticColumnNames = [nameof(Walks.Row.Slope)],
            CovariateTimeColumnName = nameof(Walks.Row.KnownDay),
            CovariateColumnNames = [nameof(Walks.Row.Known)],
            QuantileLevels = [0.1, 0.9],
            Horizon = [1, 2.5],
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
            TrainingMethod = method,
            LatentWidth = 3,
            HiddenWidth = 6,
            SolverSteps = 4,
            PathCount = 4,
            EnsembleSize = 2,
            Training = training,
        };
        return new SavedModel(ml.Forecasting.ForecastByLatentSde(options).Fit(data), data, "Forecast", "Lower", "Upper", "Quantiles");
    }

    private static SavedModel Simulation(MLContext ml, TrainingOptions training)
    {
        SavedModel forecast = StochasticForecast(ml, training, LatentSdeTrainingMethod.SdeMatching);
        return new SavedModel(ml.Transforms.SimulateSde(forecast.Model, pathCount: 3).Fit(forecast.Rows), forecast.Rows, "Paths");
    }

    private static SavedModel Series(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        return new SavedModel(
            ml.Transforms.GroupIntoSeries(nameof(Shapes.Row.Name), nameof(Shapes.Row.Time), [nameof(Shapes.Row.Size)], [nameof(Shapes.Row.Turn)]).Fit(data),
            data,
            nameof(Shapes.Row.Name), nameof(Shapes.Row.Time), nameof(Shapes.Row.Size), nameof(Shapes.Row.Turn));
    }

    private static SavedModel Satisfiability(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new MaximumSatisfiabilityOptions
        {
            BitColumnName = nameof(Shapes.Row.Pixels),
            KnownColumnName = nameof(Shapes.Row.IsSeen),
            ClauseCount = 12,
            AuxiliaryCount = 4,
            RefinementRounds = 1,
            Training = training,
        };
        return new SavedModel(ml.Transforms.MaximumSatisfiability(options).Fit(data), data, "Completed", "Confidence");
    }

    private static SavedModel ConeProgram(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var price = new Parameter(nameof(Shapes.Row.Features), 2);
        var mix = new Variable("Mix", 2, sign: Sign.Nonnegative);
        var options = new ConeProgramOptions
        {
            Program = ConvexProgram.Minimize(Functions.Norm2(mix) + Functions.Dot(price, mix), Functions.Sum(mix).EqualTo(1)),
            ColumnNames = new Dictionary<string, string> { ["Mix"] = "Mix" },
        };
        return new SavedModel(ml.Transforms.ConeProgram(options).Fit(data), data, "Mix");
    }

    private static SavedModel FitCurve(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new FitCurveOptions
        {
            Expression = "a * exp(b * size)",
            Inputs = ["size"],
            ColumnNames = new Dictionary<string, string> { ["size"] = nameof(Shapes.Row.Size) },
            ValueColumnName = nameof(Shapes.Row.Features),
            StartingValues = new Dictionary<string, double> { ["b"] = 0.5 },
            LowerBounds = new Dictionary<string, double> { ["b"] = 0.5 },
            UpperBounds = new Dictionary<string, double> { ["b"] = 0.5 },
            Loss = RobustLoss.Huber(5),
            UnsolvedRows = UnsolvedRowHandling.Throw,
        };
        return new SavedModel(ml.Transforms.FitCurve(options).Fit(data), data, "Parameters", "StandardErrors");
    }

    private static SavedModel QuadraticProgram(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new QuadraticProgramOptions
        {
            Q = new double[,] { { 2, 0.3 }, { 0.3, 1 } },
            P = nameof(Shapes.Row.Features),
            G = new double[,] { { 1, 2 } },
            H = nameof(Shapes.Row.Size),
            A = new double[,] { { 1, -1 } },
            B = 0.1,
            LowerBounds = -5,
            UpperBounds = new double[] { 0.6, double.PositiveInfinity },
            MultipliersColumnName = "Lambda",
            EqualityMultipliersColumnName = "Nu",
        };
        return new SavedModel(ml.Transforms.QuadraticProgram(options).Fit(data), data, "Solution", "Objective", "Status", "Lambda", "Nu");
    }

    private static SavedModel LearnedCosts(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Shapes.Row.Costs),
            Loss = DecisionLoss.SpoPlus,
            A = new double[,] { { 1, 1, 1 } },
            B = 1,
            LowerBounds = 0,
            HiddenWidth = 4,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data, "Solution", "PredictedCost", "Objective", "Status");
    }

    private static SavedModel LearnedConstraints(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Shapes.Row.Costs),
            Loss = DecisionLoss.Imitation,
            Q = 1,
            UpperBounds = 4,
            LearnedEqualities = 1,
            LearnedInequalities = 2,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data, "Solution", "PredictedCost", "Objective", "Status");
    }

    // A narrow tolerance leaves no choice of iterations to rounding.
    private static DeepEquilibriumOptions Equilibrium(TrainingOptions training) => new() { HiddenWidth = 8, EnsembleSize = 1, Tolerance = 1e-6, MaximumIterations = 100, Training = training };

    private static NormalizingFlowOptions Flow(TrainingOptions training) => new() { HiddenWidth = 8, Training = training };
}
