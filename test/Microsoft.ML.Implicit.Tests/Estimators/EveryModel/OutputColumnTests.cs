using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Names of the columns that estimators write.</summary>
[TestClass]
public sealed class OutputColumnTests
{
    public static IEnumerable<object[]> Impossible => Cases(
        ("StatusColumnName", ml => ml.Transforms.QuadraticProgram(Program(options => options.StatusColumnName = options.OutputColumnName))),
        ("ObjectiveColumnName", ml => ml.Transforms.QuadraticProgram(Program(options => options.ObjectiveColumnName = string.Empty))),
        ("UpperBoundMultipliersColumnName", ml => ml.Transforms.QuadraticProgram(Program(options =>
            options.LowerBoundMultipliersColumnName = options.UpperBoundMultipliersColumnName = "Multipliers"))),
        ("PredictedCostColumnName", ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { PredictedCostColumnName = "Objective" })),
        ("PredictedCostColumnName", ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { PredictedCostColumnName = string.Empty })),
        ("ConfidenceUpperBoundColumn", ml => ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions { Horizon = [1], ConfidenceLowerBoundColumn = "Bound", ConfidenceUpperBoundColumn = "Bound" })),
        ("ConfidenceLowerBoundColumn", ml => ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions { Horizon = [1], ConfidenceLowerBoundColumn = string.Empty })),
        ("QuantileColumnName", ml => ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions { Horizon = [1], QuantileLevels = [0.5], QuantileColumnName = "Forecast" })),
        ("ObjectiveColumnName", ml => ml.Transforms.ConeProgram(new ConeProgramOptions { Program = Cone(), ObjectiveColumnName = "x" })),
        ("StatusColumnName", ml => ml.Transforms.ConeProgram(new ConeProgramOptions { Program = Cone(), StatusColumnName = string.Empty })),
        ("StandardErrorColumnName", ml => ml.Transforms.FitCurve(new FitCurveOptions { Expression = "a", StandardErrorColumnName = "Parameters" })),
        ("FittedColumnName", ml => ml.Transforms.FitCurve(new FitCurveOptions { Expression = "a", FittedColumnName = string.Empty })),
        ("ConfidenceColumnName", ml => ml.Transforms.MaximumSatisfiability(new MaximumSatisfiabilityOptions { ConfidenceColumnName = "Completed" })));

    [TestMethod]
    [DynamicData(nameof(Impossible))]
    public void An_empty_name_or_one_given_twice_is_refused_by_the_name_of_the_setting(string setting, Action<MLContext> create) =>
        Assert.AreEqual(setting, Assert.ThrowsExactly<ArgumentException>(() => create(new MLContext())).ParamName);

    [TestMethod]
    public void Columns_that_are_not_asked_for_need_no_names() =>
        new MLContext().Transforms.QuadraticProgram(Program(options => options.ObjectiveColumnName = options.StatusColumnName = null));

    private static QuadraticProgramOptions Program(Action<QuadraticProgramOptions> change)
    {
        var options = new QuadraticProgramOptions { P = "Costs", LowerBounds = "Lowest", UpperBounds = "Highest" };
        change(options);
        return options;
    }

    private static ConvexProgram Cone()
    {
        var x = new Variable("x", 2);
        return ConvexProgram.Minimize(Functions.SumSquares(x));
    }

    private static IEnumerable<object[]> Cases(params (string Setting, Action<MLContext> Create)[] cases) =>
        cases.Select(c => new object[] { c.Setting, c.Create });
}
