using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;

namespace Microsoft.ML.Implicit.Tests.Estimators.ConeProgram;

[TestClass]
public sealed class ConeProgramTransformerTests
{
    [TestMethod]
    public void Rows_are_solved_with_parameters_from_columns_and_the_model_keeps_its_program()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1.5f, 0.8f));
        ConeProgramTransformer fitted = ml.Transforms.ConeProgram(Ball()).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = ml.Model.Load(file, out _);
        foreach (IDataView scored in new[] { fitted.Transform(data), loaded.Transform(data) })
        {
            float[][] points = Scored.Vectors(scored, "point");
            for (int row = 0; row < points.Length; row++)
            {
                // The point of the ball of that radius that is farthest along (3, 4).
                float radius = row == 0 ? 1.5f : 0.8f;
                Assert.AreEqual(0.6f * radius, points[row][0], 1e-6f);
                Assert.AreEqual(0.8f * radius, points[row][1], 1e-6f);
                Assert.AreEqual(5 * radius, Scored.Values(scored, "Objective")[row], 1e-5f);
                Assert.AreEqual(5f, Scored.Values(scored, "price")[row], 1e-5f);
            }

            CollectionAssert.AreEqual(new[] { "Converged", "Converged" }, scored.GetColumn<string>("Status").ToArray());
        }
    }

    [TestMethod]
    public void The_method_is_saved_with_the_model()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1.5f));

        // Few enough iterations for one method, far too few for the other.
        var options = new ConeProgramOptions { Program = Ball(), Method = ConeMethod.OperatorSplitting, MaximumIterations = 10, UnsolvedRows = UnsolvedRowHandling.ReturnMissing };
        using var file = new MemoryStream();
        ml.Model.Save(ml.Transforms.ConeProgram(options).Fit(data), data.Schema, file);
        file.Position = 0;
        Assert.AreEqual("MaximumIterations", ml.Model.Load(file, out _).Transform(data).GetColumn<string>("Status").Single());
        options.Method = ConeMethod.InteriorPoint;
        Assert.AreEqual("Converged", ml.Transforms.ConeProgram(options).Fit(data).Transform(data).GetColumn<string>("Status").Single());
        (options.Method, options.MaximumIterations, options.Tolerance) = (ConeMethod.OperatorSplitting, null, 1e-6);
        Assert.AreEqual(0.9f, Scored.Vectors(ml.Transforms.ConeProgram(options).Fit(data).Transform(data), "point")[0][0], 1e-4f);
    }

    [TestMethod]
    public void Columns_of_Double_hold_sums_of_money_to_the_cent()
    {
        var ml = new MLContext(seed: 1);
        var (budget, need) = (new Parameter("Budget"), new Parameter("Need", 3));
        var spend = new Variable("Spend", 3, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Minimize(Functions.SumSquares(spend - need), Functions.Sum(spend).EqualTo(budget).Named("price"));
        IDataView data = ml.Data.LoadFromEnumerable([new Account()]);
        var options = new ConeProgramOptions { Program = program, OutputKind = DataKind.Double };
        ITransformer transformer = ml.Transforms.ConeProgram(options).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(transformer, data.Schema, file);
        file.Position = 0;
        foreach (ITransformer each in new[] { transformer, ml.Model.Load(file, out _) })
        {
            IDataView solved = each.Transform(data);
            Assert.AreEqual(new Account().Budget, solved.GetColumn<double[]>("Spend").Single().Sum(), 1e-4);
            Assert.AreEqual(NumberDataViewType.Double, solved.Schema["Objective"].Type);
            Assert.AreEqual(NumberDataViewType.Double, solved.Schema["price"].Type);
        }

        IDataView appended = ml.Transforms.ConeProgram(options).Append(ml.Transforms.Concatenate("All", "Spend", "price")).Fit(data).Transform(data);
        Assert.AreEqual(NumberDataViewType.Double, ((VectorDataViewType)appended.Schema["All"].Type).ItemType);
        options.OutputKind = DataKind.Int32;
        Assert.Contains("OutputKind", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.ConeProgram(options)).Message);
    }

    [TestMethod]
    public void The_next_estimator_of_a_pipeline_finds_the_columns_that_are_promised()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1));
        IDataView scored = ml.Transforms.ConeProgram(Ball()).Append(ml.Transforms.Concatenate("All", "point", "price", "Objective")).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { 0.6f, 0.8f, 5, 5 }, Scored.Vectors(scored, "All")[0].Select(value => MathF.Round(value, 4)).ToArray());
    }

    [TestMethod]
    public void A_row_without_a_solution_is_an_error_or_missing()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1, -1, float.NaN));
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => Scored.Vectors(ml.Transforms.ConeProgram(Ball()).Fit(data).Transform(data), "point"));
        Assert.Contains("Row 1: No point satisfies all constraints", exception.Message);
        var options = new ConeProgramOptions { Program = Ball(), UnsolvedRows = UnsolvedRowHandling.ReturnMissing };
        IDataView scored = ml.Transforms.ConeProgram(options).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Converged", "Infeasible", "InvalidInput" }, scored.GetColumn<string>("Status").ToArray());
        CollectionAssert.AreEqual(new[] { false, true, true }, Scored.Vectors(scored, "point").Select(point => float.IsNaN(point[0])).ToArray());
    }

    [TestMethod]
    public void Columns_can_be_renamed_and_prediction_engines_solve_single_rows()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1));
        var options = new ConeProgramOptions
        {
            Program = Ball(),
            ColumnNames = new Dictionary<string, string> { ["radius"] = nameof(Row.Other), ["point"] = nameof(Answer.Place) },
            ObjectiveColumnName = null,
        };
        ConeProgramTransformer transformer = ml.Transforms.ConeProgram(options).Fit(data);
        Assert.IsNull(transformer.GetOutputSchema(data.Schema).GetColumnOrNull("Objective"));
        using PredictionEngine<Row, Answer> engine = ml.Model.CreatePredictionEngine<Row, Answer>(transformer);
        Assert.AreEqual(1.8f, engine.Predict(new Row { Other = 3 }).Place[0], 1e-5f);
    }

    [TestMethod]
    public void Wrong_columns_and_settings_are_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(1));
        var unknown = new ConeProgramOptions { Program = Ball(), ColumnNames = new Dictionary<string, string> { ["radios"] = "Radius" } };
        Assert.Contains("'radios'", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.ConeProgram(unknown)).Message);
        var point = new Variable("W", 2);
        var shared = new ConeProgramOptions { Program = ConvexProgram.Minimize(Functions.SumSquares(point), (Functions.Sum(point) >= 1).Named("W")) };
        Assert.Contains("a variable and a constraint named 'W'", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.ConeProgram(shared)).Message);
        var wrong = new ConeProgramOptions { Program = Ball(), ColumnNames = new Dictionary<string, string> { ["radius"] = nameof(Row.Pair) } };
        Assert.Contains("'Pair'", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.ConeProgram(wrong).Fit(data)).Message);
        var absent = new ConeProgramOptions { Program = Ball(), ColumnNames = new Dictionary<string, string> { ["radius"] = "Absent" } };
        Assert.Contains("'Absent'", Assert.ThrowsExactly<ArgumentException>(() => ml.Transforms.ConeProgram(absent).Fit(data)).Message);
    }

    [TestMethod]
    [DataRow(16000)]
    [DataRow(1000)]
    public void Sizes_that_a_file_does_not_bear_out_are_refused_before_anything_is_made_of_them(int columns)
    {
        var writer = new DocumentWriter();
        CompiledProgramDocument.Write(writer, Ball().Compiled);
        DocumentReader honest = ModelDocument.Parse(writer.ToBytes()).Root;
        Assert.AreEqual(2, CompiledProgramDocument.Read(honest).Variables[0].Rows);
        writer = new DocumentWriter();
        CompiledProgramDocument.Write(writer, Ball().Compiled with { Columns = columns });
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.ThrowsExactly<FormatException>(() => CompiledProgramDocument.Read(ModelDocument.Parse(writer.ToBytes()).Root));
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static ConvexProgram Ball()
    {
        var radius = new Parameter("radius");
        var point = new Variable("point", 2);
        return ConvexProgram.Maximize(Functions.Dot(new double[] { 3, 4 }, point), (Functions.Norm2(point) <= radius).Named("price"));
    }

    private static IEnumerable<Row> Rows(params float[] radii) => radii.Select(radius => new Row { Radius = radius, Other = radius });

    private sealed class Account
    {
        public double Budget { get; set; } = 96575188.94;

        [VectorType(3)]
        public double[] Need { get; set; } = [41234567.89, 23456789.01, 12345678.9];
    }

    private sealed class Row
    {
        [ColumnName("radius")]
        public float Radius { get; set; }

        public double Other { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];
    }

    private sealed class Answer
    {
        public float[] Place { get; set; } = [];
    }
}
