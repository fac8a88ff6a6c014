using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Modelling;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Columns that estimators read: one that cannot be read is refused by its name and that of the option that names it, and what is predicted is none to predict from.</summary>
[TestClass]
public sealed class InputColumnTests
{
    private const string Vector = nameof(Row.Vector);
    private const string Number = nameof(Row.Number);
    private const string Text = nameof(Row.Text);

    public static IEnumerable<object[]> Unreadable => Cases(
        ("FeatureColumnName", "None", ml => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { FeatureColumnName = "None", LabelColumnName = Number })),
        ("FeatureColumnName", Number, ml => ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { FeatureColumnName = Number, LabelColumnName = "None" })),
        ("LabelColumnName", Text, ml => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { FeatureColumnName = Vector, LabelColumnName = Text })),
        ("LabelColumnName", Number, ml => ml.BinaryClassification.Trainers.NeuralOde(new NeuralOdeOptions { FeatureColumnName = Vector, LabelColumnName = Number })),
        ("LabelColumnName", Number, ml => ml.MulticlassClassification.Trainers.NeuralOde(new NeuralOdeOptions { FeatureColumnName = Vector, LabelColumnName = Number })),
        ("ExampleWeightColumnName", Text, ml => ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { FeatureColumnName = Vector, LabelColumnName = Number, ExampleWeightColumnName = Text })),
        ("ContextColumnName", Number, ml => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { FeatureColumnName = Vector, ContextColumnName = Number })),
        ("TimeColumnName", Number, ml => ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions { TimeColumnName = Number, InputColumnNames = [Vector], Horizon = [1] })),
        ("InputColumnNames", "None", ml => ml.Forecasting.ForecastByLatentSde(new LatentSdeOptions { TimeColumnName = nameof(Row.Times), InputColumnNames = ["None"], Horizon = [1] })),
        ("StaticColumnNames", nameof(Row.Other), ml => ml.Forecasting.ForecastByLatentOde(Forecast(options => options.StaticColumnNames = [nameof(Row.Other)]))),
        ("CovariateColumnNames", Number, ml => ml.Forecasting.ForecastByLatentOde(Forecast(options => options.CovariateColumnNames = [Number]))),
        ("CovariateTimeColumnName", Text, ml => ml.Forecasting.ForecastByLatentOde(Forecast(options => (options.CovariateColumnNames, options.CovariateTimeColumnName) = ([nameof(Row.Other)], Text)))),
        ("ForecastTimeColumnName", Number, ml => ml.Forecasting.ForecastByLatentOde(Forecast(options => (options.Horizon, options.ForecastTimeColumnName) = ([], Number)))),
        ("InputColumnNames", Text, ml => ml.Regression.Trainers.NeuralControlledDifferentialEquation(Series(options => options.InputColumnNames = [Text]))),
        ("LabelColumnName", "None", ml => ml.Regression.Trainers.NeuralControlledDifferentialEquation(Series(options => options.LabelColumnName = "None"))),
        ("PositionColumnNames", Text, ml => ml.Forecasting.ForecastByMechanics(Mechanics(options => options.PositionColumnNames = [Text]))),
        ("VelocityColumnNames", Number, ml => ml.Forecasting.ForecastByMechanics(Mechanics(options => options.VelocityColumnNames = [Number]))),
        ("MomentumColumnNames", "None", ml => ml.Forecasting.ForecastByMechanics(Mechanics(options => (options.VelocityColumnNames, options.MomentumColumnNames) = ([], ["None"])))),
        ("ControlColumnNames", "None", ml => ml.Forecasting.ForecastByMechanics(Mechanics(options => options.ControlColumnNames = ["None"]))),
        ("InputColumnName", Text, ml => ml.Forecasting.ForecastField(Field(options => options.InputColumnName = Text))),
        ("TimeColumnName", Vector, ml => ml.Forecasting.ForecastField(Field(options => options.TimeColumnName = Vector))),
        ("SeriesColumnName", "None", ml => ml.Forecasting.ForecastField(Field(options => options.SeriesColumnName = "None"))),
        ("TaskColumnName", Vector, ml => ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { FeatureColumnName = Vector, LabelColumnName = Number, TaskColumnName = Vector })),
        ("P", Text, ml => ml.Transforms.QuadraticProgram(new QuadraticProgramOptions { P = Text, Q = 1 })),
        ("LowerBounds", "None", ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { FeatureColumnName = Vector, LabelColumnName = nameof(Row.Other), LowerBounds = "None" })),
        ("LabelColumnName", Text, ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { FeatureColumnName = Vector, LabelColumnName = Text })),
        ("Program", "costs", ml => ml.Transforms.ConeProgram(new ConeProgramOptions { Program = Cone() })),
        ("ColumnNames", Text, ml => ml.Transforms.ConeProgram(new ConeProgramOptions { Program = Cone(), ColumnNames = new Dictionary<string, string> { ["costs"] = Text } })),
        ("ColumnNames", "None", ml => ml.Transforms.LearnedConeProgram(Decisions("None"))),
        ("Inputs", "t", ml => ml.Transforms.FitCurve(new FitCurveOptions { Expression = "a * t", Inputs = ["t"], ValueColumnName = Vector })),
        ("ValueColumnName", Number, ml => ml.Transforms.FitCurve(new FitCurveOptions { Expression = "a", ValueColumnName = Number })),
        ("WeightColumnName", Text, ml => ml.Transforms.FitCurve(new FitCurveOptions { Expression = "a", ValueColumnName = Vector, WeightColumnName = Text })),
        ("BitColumnName", Text, ml => ml.Transforms.MaximumSatisfiability(new MaximumSatisfiabilityOptions { BitColumnName = Text })),
        ("KnownColumnName", Text, ml => ml.Transforms.MaximumSatisfiability(new MaximumSatisfiabilityOptions { BitColumnName = Vector, KnownColumnName = Text })),
        ("InputColumnName", Number, ml => ml.Transforms.SoftRank("Ranks", Number)),
        ("TargetColumnName", Text, ml => ml.Transforms.TotalVariation(new TotalVariationOptions { InputColumnName = Vector, TargetColumnName = Text })),
        ("valueColumnNames", Vector, ml => ml.Transforms.GroupIntoSeries(null, Number, [Vector])),
        ("timeColumnName", Text, ml => ml.Transforms.GroupIntoSeries(null, Text, [Number])));

    public static IEnumerable<object[]> Labels => Cases(
        ("FeatureColumnName", Vector, ml => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { FeatureColumnName = Vector, LabelColumnName = Vector })),
        ("TaskColumnName", Number, ml => ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { FeatureColumnName = Vector, LabelColumnName = Number, TaskColumnName = Number })),
        ("StaticColumnNames", Number, ml => ml.Regression.Trainers.NeuralControlledDifferentialEquation(Series(options => options.StaticColumnNames = [Text, Number]))),
        ("CovariateColumnNames", Number, ml => ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(Series(options => options.CovariateColumnNames = [Number]))),
        ("InputColumnNames", Number, ml => ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(Series(options => options.InputColumnNames = [Number]))),
        ("CovariateColumnNames", Vector, ml => ml.Forecasting.ForecastByLatentOde(Forecast(options => options.CovariateColumnNames = [Vector]))),
        ("ControlColumnNames", Vector, ml => ml.Forecasting.ForecastByMechanics(Mechanics(options => options.ControlColumnNames = [Vector]))),
        ("FeatureColumnName", Vector, ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { FeatureColumnName = Vector, LabelColumnName = Vector })),
        ("UpperBounds", Vector, ml => ml.Transforms.LearnedQuadraticProgram(new LearnedQuadraticProgramOptions { LabelColumnName = Vector, UpperBounds = Vector })),
        ("FeatureColumnName", Vector, ml => ml.Transforms.LearnedConeProgram(Decisions(Vector))),
        ("ContextColumnName", Vector, ml => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { FeatureColumnName = Vector, ContextColumnName = Vector })),
        ("ColumnNames", Vector, ml => ml.Transforms.FitCurve(new FitCurveOptions
        {
            Expression = "a * t",
            Inputs = ["t"],
            ColumnNames = new Dictionary<string, string> { ["t"] = Vector },
            ValueColumnName = Vector,
        })),
        ("InputColumnName", Vector, ml => ml.Transforms.TotalVariation(new TotalVariationOptions { InputColumnName = Vector, TargetColumnName = Vector })));

    [TestMethod]
    [DynamicData(nameof(Unreadable))]
    public void One_that_is_missing_or_of_another_type_is_named_with_its_option(string setting, string column, Func<MLContext, object> create)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 4).Select(_ => new Row()));
        object estimator = create(ml);
        foreach (Action use in new Action[] { () => Call(estimator, "Fit", data), () => Call(estimator, "GetOutputSchema", ShapeOf(data.Schema)) })
        {
            ArgumentException refusal = Assert.ThrowsExactly<ArgumentException>(use);
            StringAssert.Contains(refusal.Message, $"'{column}', which {setting} names", StringComparison.Ordinal);
            Assert.AreEqual(setting, refusal.ParamName);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Labels))]
    public void What_is_predicted_is_refused_among_what_it_is_predicted_from(string setting, string column, Func<MLContext, object> create)
    {
        ArgumentException refusal = Assert.ThrowsExactly<ArgumentException>(() => create(new MLContext()));
        StringAssert.Contains(refusal.Message, $"{setting} names column '{column}', which is what", StringComparison.Ordinal);
        Assert.AreEqual(setting, refusal.ParamName);
    }

    [TestMethod]
    public void A_device_that_is_not_known_is_refused_by_the_name_of_its_option()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(20));
        foreach (TrainerCase trainer in TrainerCase.All)
        {
            ArgumentException refusal = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(ml, data, change: training => training.Device = "foo"));
            StringAssert.Contains(refusal.Message, "Training.Device 'foo' is not known", StringComparison.Ordinal);
            Assert.AreEqual("Device", refusal.ParamName);
        }
    }

    private static LatentOdeOptions Forecast(Action<LatentOdeOptions> change) =>
        Changed(new LatentOdeOptions { TimeColumnName = nameof(Row.Times), InputColumnNames = [Vector], Horizon = [1] }, change);

    private static ControlledEquationOptions Series(Action<ControlledEquationOptions> change) =>
        Changed(new ControlledEquationOptions { TimeColumnName = nameof(Row.Times), InputColumnNames = [Vector], LabelColumnName = Number }, change);

    private static MechanicsOptions Mechanics(Action<MechanicsOptions> change) =>
        Changed(new MechanicsOptions { TimeColumnName = nameof(Row.Times), PositionColumnNames = [Vector], VelocityColumnNames = [nameof(Row.Other)], Horizon = [1] }, change);

    private static FieldOptions Field(Action<FieldOptions> change) =>
        Changed(new FieldOptions { Grid = new FieldGrid(GridAxis.Periodic(8, 1)), InputColumnName = nameof(Row.Field), TimeColumnName = Number, Horizon = [1] }, change);

    private static T Changed<T>(T options, Action<T> change)
    {
        change(options);
        return options;
    }

    private static ConvexProgram Cone()
    {
        var x = new Variable("x", 2);
        return ConvexProgram.Minimize(Functions.SumSquares(x - new Parameter("costs", 2)));
    }

    private static LearnedConeProgramOptions Decisions(string costs) => new()
    {
        Program = Cone(),
        LearnedParameters = ["costs"],
        Loss = DecisionLoss.CostError,
        FeatureColumnName = Vector,
        ColumnNames = new Dictionary<string, string> { ["costs"] = costs },
    };

    // ML.NET keeps it internal.
    private static SchemaShape ShapeOf(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.Invoke(null, [schema])!;

    private static void Call(object estimator, string method, object argument)
    {
        try
        {
            estimator.GetType().GetMethod(method, [argument is IDataView ? typeof(IDataView) : argument.GetType()])!.Invoke(estimator, [argument]);
        }
        catch (System.Reflection.TargetInvocationException exception)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException!);
        }
    }

    private static IEnumerable<object[]> Cases(params (string Setting, string Column, Func<MLContext, object> Create)[] cases) =>
        cases.Select(c => new object[] { c.Setting, c.Column, c.Create });

    private sealed class Row
    {
        [VectorType(3)]
        public double[] Times { get; set; } = [0, 1, 2];

        [VectorType(3)]
        public float[] Vector { get; set; } = [1, 2, 3];

        [VectorType(3)]
        public float[] Other { get; set; } = [3, 2, 1];

        [VectorType(8)]
        public float[] Field { get; set; } = new float[8];

        public float Number { get; set; } = 1;

        public string Text { get; set; } = "text";
    }
}
