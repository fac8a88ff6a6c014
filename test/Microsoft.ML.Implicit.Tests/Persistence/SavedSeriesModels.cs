using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Tests.Estimators.EveryModel;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Those of <see cref="SavedModels"/> that read series, or fields.</summary>
internal static class SavedSeriesModels
{
    public static readonly IReadOnlyDictionary<string, Func<MLContext, TrainingOptions, SavedModel>> Kinds = new Dictionary<string, Func<MLContext, TrainingOptions, SavedModel>>
    {
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
        ["label-recurrence"] = LabelByRecurrence,
        ["label-controlled"] = LabelByControlledEquation,
        ["label-windows"] = LabelInWindows,
        ["label-features"] = LabelFeatures,
        ["field"] = (ml, training) => Field(ml, training, learnsClosure: true),
    };

    public static SavedModel Field(MLContext ml, TrainingOptions training, bool learnsClosure)
    {
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        var options = new FieldOptions
        {
            InputColumnName = nameof(ModelRow.Field),
            TimeColumnName = nameof(ModelRow.Hour),
            SeriesColumnName = nameof(ModelRow.Run),
            Grid = new FieldGrid(GridAxis.Bounded(8, 1, BoundaryCondition.Neumann(), BoundaryCondition.Neumann())),
            Terms = [new PhysicalTerm(PhysicalTermKind.Diffusion)],
            LearnsClosure = learnsClosure,
            Horizon = [0.5],
            HiddenWidth = 4,
            RolloutLength = 2,
            Training = training,
        };
        return new SavedModel(ml.Forecasting.ForecastField(options).Fit(data), data, "Forecast");
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

    private static SavedModel Series(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        return new SavedModel(
            ml.Transforms.GroupIntoSeries(nameof(Shapes.Row.Name), nameof(Shapes.Row.Time), [nameof(Shapes.Row.Size)], [nameof(Shapes.Row.Turn)]).Fit(data),
            data,
            nameof(Shapes.Row.Name), nameof(Shapes.Row.Time), nameof(Shapes.Row.Size), nameof(Shapes.Row.Turn));
    }
}
