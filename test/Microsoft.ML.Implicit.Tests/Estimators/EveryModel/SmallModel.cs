using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A model of each kind, trained on <see cref="ModelRow"/> as shortly as can be.</summary>
/// <param name="Kind">What it is called in tests.</param>
/// <param name="Columns">Vector columns that it reads.</param>
/// <param name="Transformer">Its type.</param>
/// <param name="Fit">Trains it.</param>
internal sealed record SmallModel(string Kind, string[] Columns, Type Transformer, Func<MLContext, IDataView, ITransformer> Fit)
{
    private const string Output = nameof(ModelOutput.Output);

    public static SmallModel[] All { get; } =
    [
        Trained("regression", nameof(ModelRow.Features)),
        Trained("neural ODE", nameof(ModelRow.Features)),
        Trained("convolutional neural ODE", nameof(ModelRow.Features)),
        Trained("anomaly detection", nameof(ModelRow.Features), nameof(ModelRow.Context)),
        Trained("latent vectors", nameof(ModelRow.Features), nameof(ModelRow.Context)),
        Solved("quadratic program", [nameof(ModelRow.Costs)], (ml, data) =>
            ml.Transforms.QuadraticProgram(Output, nameof(ModelRow.Costs), q: 1, lowerBounds: 0).Fit(data)),
        Solved("cone program", [nameof(ModelRow.Costs)], (ml, data) => ml.Transforms.ConeProgram(Mix()).Fit(data)),
        Solved("curve fit", [nameof(ModelRow.Time), nameof(ModelRow.Level)], (ml, data) => ml.Transforms.FitCurve(Line()).Fit(data)),
        Solved("total variation", [nameof(ModelRow.Costs)], (ml, data) => ml.Transforms.TotalVariation(Output, nameof(ModelRow.Costs), weight: 0.2).Fit(data)),
        Solved("soft rank", [nameof(ModelRow.Costs)], (ml, data) => ml.Transforms.SoftRank(Output, nameof(ModelRow.Costs), strength: 0.5).Fit(data)),
        Solved("meta-learned linear", [nameof(ModelRow.Features)], (ml, data) =>
            ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { TaskColumnName = nameof(ModelRow.Run), MaximumEvaluations = 3 }).Fit(data)),
        Trained("learned program", nameof(ModelRow.Features)),
        Trained("learned cone program", nameof(ModelRow.Features)),
        Trained("forecast", nameof(ModelRow.Time), nameof(ModelRow.Level)),
        Trained("series regression", nameof(ModelRow.Time), nameof(ModelRow.Level)),
        Trained("series features", nameof(ModelRow.Time), nameof(ModelRow.Level)),
        Trained("field", nameof(ModelRow.Field)),
        Trained("mechanics", nameof(ModelRow.Time), nameof(ModelRow.Level), nameof(ModelRow.Costs)),
        Trained("satisfiability", nameof(ModelRow.Costs), nameof(ModelRow.IsSeen)),
        Trained("stochastic forecast", nameof(ModelRow.Time), nameof(ModelRow.Level)),
        Solved("simulation", [nameof(ModelRow.Time), nameof(ModelRow.Level)], (ml, data) =>
            ml.Transforms.SimulateSde(TrainerCase.Of("stochastic forecast").Fit(ml, data), Output, pathCount: 3).Fit(data)),
    ];

    public static IEnumerable<object[]> Kinds => All.Select(model => new object[] { model.Kind });

    /// <summary>Kinds of models with each of their columns.</summary>
    public static IEnumerable<object[]> KindsAndColumns => All.SelectMany(model => model.Columns.Select(column => new object[] { model.Kind, column }));

    /// <summary>Those that learn from the columns that they read.</summary>
    public static IEnumerable<object[]> TrainedKindsAndColumns => KindsAndColumns.Where(pair => (string)pair[0] is not ("quadratic program" or "cone program" or "curve fit" or "total variation" or "soft rank"));

    public static SmallModel Of(string kind) => All.Single(model => model.Kind == kind);

    /// <summary>Outputs of all rows, read one after another.</summary>
    public static float[][] Read(IDataView scored) => scored.Schema.GetColumnOrNull(Output) is null
        ? [.. Scored.Values(scored).Select(score => new[] { score })]
        : Scored.Vectors(scored, Output);

    private static SmallModel Trained(string kind, params string[] columns) => new(kind, columns, TrainerCase.Of(kind).Transformer, (ml, data) => TrainerCase.Of(kind).Fit(ml, data));

    private static SmallModel Solved<TTransformer>(string kind, string[] columns, Func<MLContext, IDataView, TTransformer> fit)
        where TTransformer : ITransformer => new(kind, columns, typeof(TTransformer), (ml, data) => fit(ml, data));

    private static ConeProgramOptions Mix()
    {
        var costs = new Parameter(nameof(ModelRow.Costs), 3);
        var mix = new Variable("mix", 3, sign: Sign.Nonnegative);
        return new ConeProgramOptions
        {
            Program = ConvexProgram.Minimize(Functions.Norm2(mix) + Functions.Dot(costs, mix), Functions.Sum(mix).EqualTo(1)),
            ColumnNames = new Dictionary<string, string> { ["mix"] = Output },
        };
    }

    private static FitCurveOptions Line() => new()
    {
        Expression = $"a + b * {nameof(ModelRow.Time)}",
        Inputs = [nameof(ModelRow.Time)],
        ValueColumnName = nameof(ModelRow.Level),
        ParameterColumnName = Output,
    };
}
