using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Settings that give a model its shape, and are not what the model has that training goes on from.</summary>
[TestClass]
public sealed class KeptSettingTests
{
    private static readonly ModelRow[] Rows = ModelRow.Create(40);

    public static IEnumerable<object[]> Others =>
    [
        .. Cases(
            (ml, options) => ml.Regression.Trainers.DeepEquilibrium(options),
            () => new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = Shortly() },
            ("HiddenWidth", options => options.HiddenWidth = 12),
            ("EnsembleSize", options => options.EnsembleSize = 2)),
        .. Cases(
            (ml, options) => ml.Regression.Trainers.NeuralOde(options),
            () => new NeuralOdeOptions { StateWidth = 4, HiddenWidth = 8, EnsembleSize = 1, Training = Shortly() },
            ("StateWidth", options => options.StateWidth = 6),
            ("AugmentedDimensions", options => options.AugmentedDimensions = 2),
            ("HiddenLayers", options => options.HiddenLayers = 2)),
        .. Cases(
            (ml, options) => ml.AnomalyDetection.Trainers.NormalizingFlow(options),
            () => new NormalizingFlowOptions { HiddenWidth = 8, Training = Shortly() },
            ("HiddenWidth", options => options.HiddenWidth = 9),
            ("Activation", options => options.Activation = DynamicsActivation.Softplus),
            ("Time", options => options.Time = FlowTimeConditioning.ConcatSquash)),
        .. Cases(
            (ml, options) => ml.Regression.Trainers.NeuralControlledDifferentialEquation(options),
            () => new ControlledEquationOptions { InputColumnNames = [nameof(ModelRow.Level)], Reading = SeriesReadingKind.LinearRecurrence, StateWidth = 4, HiddenWidth = 8, EnsembleSize = 1, Training = Shortly() },
            ("InputColumnNames", options => options.InputColumnNames = [nameof(ModelRow.Costs)]),
            ("Reading", options => options.Reading = SeriesReadingKind.ControlledDifferentialEquation),
            ("Path", options => options.Path = SeriesPathKind.Linear),
            ("Windows", options => options.Windows = 2),
            ("Layers", options => options.Layers = 1)),
        .. Cases(
            (ml, options) => ml.Forecasting.ForecastByMechanics(options),
            () => new MechanicsOptions { PositionColumnNames = [nameof(ModelRow.Level)], VelocityColumnNames = [nameof(ModelRow.Costs)], Horizon = [1], HiddenWidth = 4, Training = Shortly() },
            ("Form", options => options.Form = MechanicsForm.Lagrangian),
            ("VelocityColumnNames", options => options.VelocityColumnNames = []),
            ("AngleColumnNames", options => options.AngleColumnNames = [nameof(ModelRow.Level)]),
            ("HasFriction", options => options.HasFriction = true),
            ("HiddenWidth", options => options.HiddenWidth = 6)),
        .. Cases(
            (ml, options) => ml.Forecasting.ForecastByLatentSde(options),
            () => new LatentSdeOptions { InputColumnNames = [nameof(ModelRow.Level)], Horizon = [1], HiddenWidth = 8, SolverSteps = 4, PathCount = 8, EnsembleSize = 1, Training = Shortly() },
            ("HiddenWidth", options => options.HiddenWidth = 12),
            ("SeasonalPeriods", options => options.SeasonalPeriods = [2.5]),
            ("TrainingMethod", options => options.TrainingMethod = LatentSdeTrainingMethod.Adjoint),
            ("SolverSteps", options => options.SolverSteps = 8),
            ("PathCount", options => options.PathCount = 16)),
        .. Cases(
            (ml, options) => ml.Transforms.MaximumSatisfiability(options),
            () => new MaximumSatisfiabilityOptions { BitColumnName = nameof(ModelRow.Costs), KnownColumnName = nameof(ModelRow.IsSeen), Training = Shortly() },
            ("ClauseCount", options => options.ClauseCount = 5),
            ("Tolerance", options => options.Tolerance = 0.1)),
    ];

    [TestMethod]
    [DynamicData(nameof(Others))]
    public void They_are_refused_by_name(string setting, Func<MLContext, IDataView, string> refusal)
    {
        var ml = new MLContext(seed: 1);
        StringAssert.Contains(refusal(ml, ml.Data.LoadFromEnumerable(Rows)), $"its {setting} is ", StringComparison.Ordinal);
    }

    private static TrainingOptions Shortly() => new() { MaximumEpochs = 1, Seed = 1 };

    private static IEnumerable<object[]> Cases<TOptions, TTransformer, TModel>(
        Func<MLContext, TOptions, ImplicitTrainer<TTransformer, TModel>> create, Func<TOptions> options, params (string Setting, Action<TOptions> Change)[] cases)
        where TTransformer : ImplicitTransformer<TModel>
        where TModel : ImplicitModelParameters => cases.Select(c => new object[]
        {
            c.Setting,
            (Func<MLContext, IDataView, string>)((ml, data) =>
            {
                using TTransformer initial = create(ml, options()).Fit(data);
                TOptions other = options();
                c.Change(other);
                return Assert.ThrowsExactly<ArgumentException>(() => create(ml, other).Fit(data, initial.Model)).Message;
            }),
        });
}
