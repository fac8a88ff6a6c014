using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Estimators.FitCurve;

[TestClass]
public sealed class FitCurveTransformerTests
{
    // nls(conc ~ SSfol(dose, time, lKe, lKa, lCl)) of R 4.2.2 for each subject, whose manual prints log 0.0540, log 1.777 and log 0.0199 for the first: exp(lKe), exp(lKa), exp(lCl),
    // the standard errors of their logarithms, and the residual sum of squares.
    private static readonly double[][] Published =
    [
        [0.053954543, 1.777414041, 0.019923484, 0.170887798, 0.172815551, 0.127269656, 4.28600902],
        [0.101661192, 1.942662600, 0.044765501, 0.249074191, 0.296649359, 0.164294150, 8.94830432],
        [0.081424949, 2.453566025, 0.039558891, 0.056114881, 0.069333180, 0.039720050, 0.436273934],
        [0.087466861, 1.171477478, 0.037399891, 0.225661208, 0.229693693, 0.144795950, 5.7319506],
        [0.088435428, 1.471496001, 0.043604329, 0.277133382, 0.296295550, 0.182354389, 13.4634697],
        [0.099526332, 1.163724794, 0.051137241, 0.196062701, 0.213965858, 0.120383460, 2.44424022],
        [0.102246225, 0.679737500, 0.051594723, 0.134275400, 0.132799008, 0.072166449, 0.996557186],
        [0.091956801, 1.375521347, 0.046462450, 0.196056999, 0.212343162, 0.126092979, 3.68335086],
        [0.086631928, 8.865605876, 0.032687144, 0.125811715, 0.438905448, 0.098404604, 2.48885391],
        [0.073966212, 0.695501254, 0.032443011, 0.108970678, 0.098971626, 0.066902874, 1.35140225],
        [0.098123281, 3.849043502, 0.057246001, 0.055322080, 0.081056438, 0.039801373, 0.426216208],
        [0.105575664, 0.832899945, 0.041996924, 0.147749156, 0.151451175, 0.082357444, 2.80919722],
    ];

    private static readonly string[] Parameters = ["ke", "ka", "cl"];

    [TestMethod]
    public void Theophylline_has_the_published_absorption_elimination_and_clearance_of_every_subject()
    {
        var ml = new MLContext(seed: 1);
        IDataView fitted = ml.Transforms.FitCurve(Compartment()).Fit(Subjects(ml)).Transform(Subjects(ml));
        float[][] parameters = Scored.Vectors(fitted, "Parameters"), errors = Scored.Vectors(fitted, "StandardErrors");
        float[] deviations = Scored.Values(fitted, "Deviation");
        VBuffer<ReadOnlyMemory<char>> names = default;
        fitted.Schema["Parameters"].GetSlotNames(ref names);
        int[] order = [.. names.DenseValues().Select(name => Array.IndexOf(Parameters, name.ToString()))];
        CollectionAssert.AreEquivalent(new[] { 0, 1, 2 }, order);
        Assert.HasCount(12, parameters);
        for (int subject = 0; subject < 12; subject++)
        {
            for (int i = 0; i < 3; i++)
            {
                double expected = Published[subject][order[i]];
                Assert.AreEqual(expected, parameters[subject][i], 2e-6 * expected, $"subject {subject + 1}, {Parameters[order[i]]}");
                Assert.AreEqual(Published[subject][3 + order[i]], errors[subject][i] / parameters[subject][i], 1e-4, $"subject {subject + 1}, error of {Parameters[order[i]]}");
            }

            Assert.AreEqual(Math.Sqrt(Published[subject][6] / 8), deviations[subject], 1e-5);
        }
    }

    [TestMethod]
    public void Fitted_values_stand_at_all_points_and_covariances_belong_to_the_errors()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Row { Time = [0, 1, 2, 3], Value = [1, 3, float.NaN, 7] }, new Row { Time = [1, 2, 4], Value = [2, 1, 0] }]);
        var options = new FitCurveOptions { Expression = "a + b * Time", Inputs = ["Time"], FittedColumnName = "Fitted", CovarianceColumnName = "Covariance" };
        IDataView fitted = ml.Transforms.FitCurve(options).Fit(data).Transform(data);
        float[][] values = Scored.Vectors(fitted, "Fitted"), covariances = Scored.Vectors(fitted, "Covariance"), errors = Scored.Vectors(fitted, "StandardErrors");
        CollectionAssert.AreEqual(new[] { 1f, 3, 5, 7 }, values[0].Select(value => MathF.Round(value, 5)).ToArray());
        Assert.HasCount(3, values[1]);
        Assert.AreEqual(errors[1][0], MathF.Sqrt(covariances[1][0]), 1e-6f);
        Assert.AreEqual(covariances[1][1], covariances[1][2]);
        Assert.IsInstanceOfType<VectorDataViewType>(fitted.Schema["Covariance"].Type);
        Assert.HasCount(2, ((VectorDataViewType)fitted.Schema["Covariance"].Type).Dimensions);
    }

    [TestMethod]
    public void The_next_estimator_of_a_pipeline_finds_the_columns_that_are_promised()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Subjects(ml);
        IDataView scored = ml.Transforms.FitCurve(Compartment()).Append(ml.Transforms.Concatenate("Features", "Parameters", "StandardErrors", "Deviation")).Fit(data).Transform(data);
        Assert.HasCount(7, Scored.Vectors(scored, "Features")[0]);
    }

    [TestMethod]
    public void A_row_that_cannot_be_fitted_is_missing_or_an_error_and_leaves_the_others_alone()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Row { Time = [0, 1, 2], Value = [1, 2, 3] }, new Row { Time = [1, 1, 1], Value = [1, 2, 3] }, new Row { Time = [0, 1], Value = [float.NaN, float.NaN] }]);
        FitCurveOptions options = Line();
        IDataView fitted = ml.Transforms.FitCurve(options).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Converged", "Singular", "InvalidInput" }, fitted.GetColumn<string>("Status").ToArray());
        CollectionAssert.AreEqual(new[] { false, true, true }, Scored.Vectors(fitted, "Parameters").Select(values => float.IsNaN(values[0])).ToArray());
        options.UnsolvedRows = UnsolvedRowHandling.Throw;
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => Scored.Vectors(ml.Transforms.FitCurve(options).Fit(data).Transform(data), "Parameters"));
        Assert.Contains("Row 1: fitting 'a + b * Time' to 3 points ended with Singular", exception.Message);
    }

    [TestMethod]
    public void A_parameter_that_single_precision_cannot_hold_is_told()
    {
        var ml = new MLContext(seed: 1);
        float[] times = [.. Enumerable.Range(300, 12).Select(t => (float)t)];
        IDataView data = ml.Data.LoadFromEnumerable([.. new[] { 0.5, -0.5, 0.1 }.Select(rate => new Row { Time = times, Value = [.. times.Select(t => (float)Math.Exp(-rate * (t - 300)))] })]);
        IDataView fitted = ml.Transforms.FitCurve("a * exp(-k * Time)", valueColumnName: "Value", "Time").Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "OutOfRange", "OutOfRange", "Converged" }, fitted.GetColumn<string>("Status").ToArray(), "factors are exp(150), exp(-150) and exp(30)");
        CollectionAssert.AreEqual(new[] { true, true, false }, Scored.Vectors(fitted, "Parameters").Select(values => float.IsNaN(values[0])).ToArray());
    }

    [TestMethod]
    public void A_place_that_single_precision_would_move_is_told_and_columns_of_Double_have_it()
    {
        var ml = new MLContext(seed: 1);
        double[] times = [.. Enumerable.Range(0, 60).Select(i => 1.7e9 + (10 * i))];
        var peak = new DoubleRow { Time = times, Value = [.. times.Select(t => 2 * Math.Exp(-Math.Pow((t - 1700000203.7) / 60, 2)))] };
        IDataView data = ml.Data.LoadFromEnumerable([peak]);
        var options = new FitCurveOptions { Expression = "a * exp(-((Time - m) / s)^2)", Inputs = ["Time"], ResidualDeviationColumnName = "Deviation" };
        IDataView single = ml.Transforms.FitCurve(options).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "OutOfRange" }, single.GetColumn<string>("Status").ToArray());
        Assert.IsTrue(float.IsNaN(Scored.Vectors(single, "Parameters")[0][1]));

        options.OutputKind = DataKind.Double;
        ITransformer transformer = ml.Transforms.FitCurve(options).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(transformer, data.Schema, file);
        file.Position = 0;
        foreach (ITransformer each in new[] { transformer, ml.Model.Load(file, out _) })
        {
            IDataView fitted = each.Transform(data);
            CollectionAssert.AreEqual(new[] { "Converged" }, fitted.GetColumn<string>("Status").ToArray());
            Assert.AreEqual(1700000203.7, fitted.GetColumn<double[]>("Parameters").Single()[1], 1e-5);
            Assert.AreEqual(NumberDataViewType.Double, fitted.Schema["Deviation"].Type);
            Assert.IsLessThan(1e-9, fitted.GetColumn<double>("Deviation").Single());
        }

        options.OutputKind = DataKind.Int32;
        Assert.Contains("OutputKind", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.FitCurve(options)).Message);
    }

    [TestMethod]
    public void A_column_that_the_expression_names_without_being_an_input_is_an_error()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Row { Time = [0, 1, 2], Value = [1, 2, 3] }]);
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.FitCurve("a * exp(-k * Time) + c", "Value").Fit(data));
        Assert.Contains("'Time'", exception.Message);
        Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.FitCurve("a + b * Time * Scalar", "Value", "Time").Fit(data));
    }

    [TestMethod]
    public void A_prediction_engine_fits_the_row_that_it_is_given_and_a_loaded_model_the_same()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Subjects(ml);
        FitCurveTransformer fitted = ml.Transforms.FitCurve(Compartment()).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = ml.Model.Load(file, out _);
        float[][] expected = Scored.Vectors(fitted.Transform(data), "Parameters"), again = Scored.Vectors(loaded.Transform(data), "Parameters");
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], again[row]);
        }

        using PredictionEngine<Subject, Answer> engine = ml.Model.CreatePredictionEngine<Subject, Answer>(loaded);
        CollectionAssert.AreEqual(expected[3], engine.Predict(ReadSubjects()[3]).Parameters);
    }

    [TestMethod]
    public void Wrong_columns_and_settings_are_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Row()]);
        AssertSetting("Expression", options => options.Expression = null);
        AssertSetting("Expression", options => options.Expression = "a + * Time");
        AssertSetting("Inputs", options => options.Inputs = ["Time", "Dose"]);
        AssertSetting("ColumnNames", options => options.ColumnNames = new Dictionary<string, string> { ["Dose"] = "Time" });
        AssertSetting("StartingValues", options => options.StartingValues = new Dictionary<string, double> { ["x"] = 1 });
        AssertSetting("LowerBounds", options => options.LowerBounds = new Dictionary<string, double> { ["x"] = 1 });
        AssertSetting("UpperBounds", options => options.UpperBounds = new Dictionary<string, double> { ["x"] = 1 });
        AssertSetting("Loss", options => options.Loss = null!);
        AssertSetting("Tolerance", options => options.Tolerance = 1);
        AssertSetting("MaximumIterations", options => options.MaximumIterations = 0);
        AssertSetting("ValueColumnName", options => options.ValueColumnName = "");
        AssertColumn("'Absent'", options => options.ValueColumnName = "Absent");
        AssertColumn("'Name'", options => options.ValueColumnName = "Name");
        AssertColumn("'Scalar'", options => options.ValueColumnName = "Scalar");
        AssertColumn("'Pair'", options => (options.ValueColumnName, options.WeightColumnName) = ("Triple", "Pair"));

        void AssertSetting(string setting, Action<FitCurveOptions> change)
        {
            FitCurveOptions options = Line();
            change(options);
            Assert.AreEqual(setting, Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.FitCurve(options)).ParamName);
        }

        void AssertColumn(string name, Action<FitCurveOptions> change)
        {
            FitCurveOptions options = Line();
            change(options);
            Assert.Contains(name, Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.FitCurve(options).Fit(data)).Message);
        }
    }

    [TestMethod]
    public void A_row_with_other_numbers_of_times_and_values_is_invalid_input_or_an_error_that_names_the_columns()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [new() { Time = [0, 1, 2], Value = [1, 2, 3] }, new() { Time = [0, 1, 2, 3, 4], Value = [1, 2, 3, 4] }, new() { Time = [0, 1], Value = [3, 4] }];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        FitCurveOptions options = Line();
        options.FittedColumnName = "Fitted";
        IDataView fitted = ml.Transforms.FitCurve(options).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Converged", "InvalidInput", "Converged" }, fitted.GetColumn<string>("Status").ToArray());
        CollectionAssert.AreEqual(new[] { false, true, false }, Scored.Vectors(fitted, "Parameters").Select(values => float.IsNaN(values[0])).ToArray());
        CollectionAssert.AreEqual(new[] { 3, 4, 2 }, Scored.Vectors(fitted, "Fitted").Select(values => values.Length).ToArray());
        Assert.AreEqual(3, Scored.Vectors(fitted, "Parameters")[2][0], 1e-6f);
        options.UnsolvedRows = UnsolvedRowHandling.Throw;
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => Scored.Vectors(ml.Transforms.FitCurve(options).Fit(data).Transform(data), "Parameters"));
        Assert.Contains("Row 1: fitting 'a + b * Time' to 4 values in column 'Value' and another number in 'Time' (5)", exception.Message);
    }

    private static FitCurveOptions Line() => new() { Expression = "a + b * Time", Inputs = ["Time"] };

    // What is left is identifiable up to an exchange of the two rates: the lower is taken for the elimination, as it is published.
    private static FitCurveOptions Compartment() => new()
    {
        Expression = "dose * ke * ka * (exp(-ke * t) - exp(-ka * t)) / (cl * (ka - ke))",
        Inputs = ["dose", "t"],
        ColumnNames = new Dictionary<string, string> { ["dose"] = nameof(Subject.Dose), ["t"] = nameof(Subject.Hours) },
        ValueColumnName = nameof(Subject.Concentration),
        LowerBounds = new Dictionary<string, double> { ["ke"] = 0, ["ka"] = 0.3 },
        UpperBounds = new Dictionary<string, double> { ["ke"] = 0.3 },
        ResidualDeviationColumnName = "Deviation",
    };

    private static IDataView Subjects(MLContext ml) => ml.Data.LoadFromEnumerable(ReadSubjects());

    private static Subject[] ReadSubjects()
    {
        IEnumerable<double[]> lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "theoph.csv")).Skip(1)
            .Select(line => Array.ConvertAll(line.Split(','), field => double.Parse(field, CultureInfo.InvariantCulture)));
        return
        [
            .. lines.GroupBy(line => line[0]).OrderBy(group => group.Key).Select(group => new Subject
            {
                Dose = group.First()[3],
                Hours = [.. group.Select(line => line[1])],
                Concentration = [.. group.Select(line => line[4])],
            }),
        ];
    }

    private sealed class Subject
    {
        public double Dose { get; set; }

        public double[] Hours { get; set; } = [];

        public double[] Concentration { get; set; } = [];
    }

    private sealed class Answer
    {
        public float[] Parameters { get; set; } = [];
    }

    private sealed class DoubleRow
    {
        public double[] Time { get; set; } = [];

        public double[] Value { get; set; } = [];
    }

    private sealed class Row
    {
        public float[] Time { get; set; } = [];

        public float[] Value { get; set; } = [];

        public float Scalar { get; set; }

        public string Name { get; set; } = "";

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];

        [VectorType(3)]
        public float[] Triple { get; set; } = [0, 0, 0];
    }
}
