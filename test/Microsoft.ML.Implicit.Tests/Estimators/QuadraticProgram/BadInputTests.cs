using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Estimators.QuadraticProgram;

/// <summary>Each mistake gives one clear exception, or a status where the options ask for that.</summary>
[TestClass]
public class BadInputTests
{
    private static readonly double[,] Ones = { { 1, 1 } };

    [TestMethod]
    public void An_unknown_column_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Cots", q: 1).Fit(data), "Cots");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Cots", q: 1).Append(ml.Transforms.CopyColumns("Y", "Z")).Fit(data), "Cots");
    }

    [TestMethod]
    public void A_column_without_numbers_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Label", q: 1).Fit(data), "Label");
    }

    [TestMethod]
    public void Sizes_that_do_not_match_are_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: new double[3, 3]).Fit(data), "Q is 3 x 3; it must be 2 x 2");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: 1, g: Ones, h: new double[2]).Fit(data), "G is 1 x 2; it must be 2 x 2");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: 1, lowerBounds: "Budget").Fit(data), "Budget");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: 1, upperBounds: new double[5]).Fit(data), "UpperBounds");
    }

    [TestMethod]
    public void Arguments_of_the_wrong_kind_are_named()
    {
        var ml = new MLContext(seed: 1);
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", g: 1, h: 1), "G is a number");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", g: Ones), "G and H go together");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", b: 1), "A and B go together");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", Ones), "P is a matrix");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: double.NaN), "Q has an entry that is NaN");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram(new QuadraticProgramOptions()), "P must be given");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram(new QuadraticProgramOptions { P = "Costs", MultipliersColumnName = "L" }), "MultipliersColumnName");
        AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram(new QuadraticProgramOptions { P = "Costs", Tolerance = 0 }), "Tolerance");
    }

    [TestMethod]
    public void An_indefinite_constant_Q_is_refused_with_its_smallest_eigenvalue()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        foreach (double scale in new[] { 1e-9, 1, 1e9 })
        {
            double[,] q = { { scale, 2 * scale }, { 2 * scale, scale } }, singular = { { scale, 0.1 * scale }, { 0.1 * scale, 0.01 * scale } };
            AssertThrows<ArgumentException>(() => ml.Transforms.QuadraticProgram("Z", "Costs", q: q).Fit(data), FormattableString.Invariant($"smallest eigenvalue is {-scale:G6}"));
            _ = ml.Transforms.QuadraticProgram("Z", "Costs", q: singular).Fit(data);
        }
    }

    [TestMethod]
    public void An_indefinite_Q_of_a_row_is_refused_with_its_smallest_eigenvalue()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Curved { Q = [2, 0, 0, 2] }, new Curved { Q = [1, 2, 2, 1] }]);
        var estimator = ml.Transforms.QuadraticProgram("Solution", "Costs", q: "Q", lowerBounds: 0, upperBounds: 1);
        AssertThrows<SolveFailedException>(() => Programs.Solutions(estimator.Fit(data).Transform(data)), "Row 1: Q is not positive semidefinite: its smallest eigenvalue is -1");
    }

    [TestMethod]
    [DataRow(4)]
    [DataRow(12)]
    [DataRow(30)]
    public void Covariances_of_few_samples_in_a_column_of_Single_are_no_bad_input(int n)
    {
        var ml = new MLContext(seed: 1);
        foreach (float scale in new[] { 1e-4f, 10, 1e5f })
        {
            Risks[] rows = [.. Enumerable.Range(0, 40).Select(seed => Risks.OfFewSamples(n, scale, seed))];
            var schema = SchemaDefinition.Create(typeof(Risks));
            schema["Covariance"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, n * n);
            schema["Zeros"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, n);
            IDataView data = ml.Data.LoadFromEnumerable(rows, schema);
            double[,] sum = new double[1, n];
            for (int i = 0; i < n; i++)
            {
                sum[0, i] = 1;
            }

            IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Zeros", q: "Covariance", a: sum, b: 1, lowerBounds: 0).Fit(data).Transform(data);

            foreach ((float[] weights, Risks row) in Programs.Solutions(solved).Zip(rows))
            {
                Assert.AreEqual(1, weights.Sum(), 1e-5);

                // At the solution no good is less risky at the margin than the mix.
                double[] marginal = [.. Enumerable.Range(0, n).Select(i => weights.Select((w, j) => (double)w * row.Covariance[(i * n) + j]).Sum())];
                double risk = weights.Zip(marginal, (w, m) => w * m).Sum(), largest = Enumerable.Range(0, n).Max(i => row.Covariance[i * (n + 1)]);
                Assert.IsGreaterThanOrEqualTo((-2e-5 * largest) - 1e-11, marginal.Min() - risk);
            }
        }
    }

    [TestMethod]
    public void More_equalities_than_can_be_factored_are_refused_before_the_allocation_with_the_limit()
    {
        var ml = new MLContext(seed: 1);
        double[,] many = new double[100_000, 2];
        AssertThrows<ArgumentException>(
            () => ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: many, b: 0).Fit(Programs.Costs(ml)), "equalities would take a dense matrix of 100000 x 100000 entries; the limit is 268435456");
    }

    [TestMethod]
    public void An_asymmetric_constant_Q_is_symmetrised_and_reported()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) => warnings.Add(message.Message);
        IDataView data = Programs.Costs(ml);
        IDataView lopsided = ml.Transforms.QuadraticProgram("Solution", "Costs", q: new double[,] { { 2, 1 }, { 0, 2 } }).Fit(data).Transform(data);
        IDataView symmetric = ml.Transforms.QuadraticProgram("Solution", "Costs", q: new double[,] { { 2, 0.5 }, { 0.5, 2 } }).Fit(data).Transform(data);
        CollectionAssert.AreEqual(Programs.Solutions(symmetric)[0], Programs.Solutions(lopsided)[0]);
        Assert.AreEqual(1, warnings.Count(message => message.Contains("Q is not symmetric", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void An_infeasible_row_is_named_with_its_constraints()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(
            [new Programs.Row { Costs = [1, 1], Right = [1] }, new Programs.Row { Costs = [1, 1], Right = [-1] }]);
        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: "Right", lowerBounds: 0).Fit(data).Transform(data);
        SolveFailedException exception = AssertThrows<SolveFailedException>(() => Programs.Solutions(solved), "Row 1: No point satisfies all constraints");
        StringAssert.Contains(exception.Message, "rows of A 0", StringComparison.Ordinal);
        Assert.AreEqual(SolveStatus.Infeasible, exception.Status);
        Assert.AreEqual(1, exception.Row);
    }

    [TestMethod]
    public void Constraints_and_variables_are_named_by_slot_where_their_columns_have_names()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Plan { Bread = 1, Rice = 1, Money = -1, Weight = 5 }]);
        EstimatorChain<ColumnConcatenatingTransformer> columns = ml.Transforms.Concatenate("Prices", nameof(Plan.Bread), nameof(Plan.Rice))
            .Append(ml.Transforms.Concatenate("Limits", nameof(Plan.Weight), nameof(Plan.Money)));
        IDataView named = columns.Fit(data).Transform(data);

        var contradicted = ml.Transforms.QuadraticProgram("Solution", "Prices", q: 1, g: new double[,] { { 1, 1 }, { 1, 1 } }, h: "Limits", lowerBounds: 0);
        SolveFailedException exception = AssertThrows<SolveFailedException>(() => Programs.Solutions(contradicted.Fit(named).Transform(named)), "rows of G 1 ('Money')");
        StringAssert.Contains(exception.Message, "lower bounds of variables 0 ('Bread'), 1 ('Rice')", StringComparison.Ordinal);

        var unbounded = ml.Transforms.QuadraticProgram("Solution", "Prices", upperBounds: new double[] { 1, 1 });
        AssertThrows<SolveFailedException>(() => Programs.Solutions(unbounded.Fit(named).Transform(named)), "0 ('Bread')");
    }

    [TestMethod]
    public void A_row_with_NaN_is_named_with_the_argument_that_has_it()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(
            [new Programs.Row { Costs = [1, 1], Right = [1] }, new Programs.Row { Costs = [1, 1], Right = [double.NaN] }]);
        var estimator = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, a: Ones, b: "Right");
        AssertThrows<SolveFailedException>(() => Programs.Solutions(estimator.Fit(data).Transform(data)), "Row 1: Its data contain NaN, or an infinity where none is allowed: B.");
    }

    [TestMethod]
    public void Unsolved_rows_are_NaN_with_a_status_where_the_options_say_so()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(
            [
                new Programs.Row { Costs = [1, 1], Right = [1] },
                new Programs.Row { Costs = [1, 1], Right = [-1] },
                new Programs.Row { Costs = [float.NaN, 1], Right = [1] },
            ]);
        var options = new QuadraticProgramOptions { P = "Costs", Q = 1, A = Ones, B = "Right", LowerBounds = 0, UnsolvedRows = UnsolvedRowHandling.ReturnMissing };
        IDataView solved = ml.Transforms.QuadraticProgram(options).Fit(data).Transform(data);
        CollectionAssert.AreEqual(new[] { "Converged", "Infeasible", "InvalidInput" }, Programs.Status(solved));
        float[][] solutions = Programs.Solutions(solved);
        Programs.AssertClose([0.5, 0.5], solutions[0]);
        Assert.IsTrue(solutions[1].Concat(solutions[2]).All(float.IsNaN));
        Assert.IsTrue(Scored.Values(solved, "Objective").Skip(1).All(float.IsNaN));
    }

    [TestMethod]
    public void An_unbounded_row_is_reported()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        AssertThrows<SolveFailedException>(() => Programs.Solutions(ml.Transforms.QuadraticProgram("Solution", "Costs", upperBounds: 1).Fit(data).Transform(data)), "falls without limit");
        var missing = new QuadraticProgramOptions { P = "Costs", LowerBounds = 0, UnsolvedRows = UnsolvedRowHandling.ReturnMissing };
        Assert.AreEqual("Unbounded", Programs.Status(ml.Transforms.QuadraticProgram(missing).Fit(data).Transform(data))[1]);
    }

    [TestMethod]
    public void Thousands_of_redundant_constraints_change_nothing()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Programs.Costs(ml);
        double[,] many = new double[2000, 2];
        for (int row = 0; row < 2000; row++)
        {
            many[row, 0] = many[row, 1] = 1;
        }

        IDataView solved = ml.Transforms.QuadraticProgram("Solution", "Costs", q: 1, g: many, h: 1, lowerBounds: 0).Fit(data).Transform(data);
        Programs.AssertClose([1, 0], Programs.Solutions(solved)[0]);
        Programs.AssertClose([0.5, 0.5], Programs.Solutions(solved)[1]);
    }

    private sealed class Risks
    {
        public float[] Covariance { get; set; } = [];

        public float[] Zeros { get; set; } = [];

        public static Risks OfFewSamples(int n, float scale, int seed)
        {
            var random = new Random(seed);
            int samples = Math.Max(n / 2, 2);
            float[][] returns = [.. Enumerable.Range(0, samples).Select(_ => Enumerable.Range(0, n).Select(_ => 0.02f * (random.NextSingle() - 0.5f)).ToArray())];
            float[] mean = [.. Enumerable.Range(0, n).Select(i => returns.Average(r => r[i]))];
            float[] covariance = new float[n * n];
            for (int i = 0; i < covariance.Length; i++)
            {
                (int a, int b) = (i / n, i % n);
                float sum = 0;
                foreach (float[] r in returns)
                {
                    sum += (r[a] - mean[a]) * (r[b] - mean[b]);
                }

                covariance[i] = scale * sum / (samples - 1);
            }

            return new Risks { Covariance = covariance, Zeros = new float[n] };
        }
    }

    private sealed class Curved
    {
        [VectorType(2)]
        public float[] Costs { get; set; } = [1, 1];

        [VectorType(4)]
        public float[] Q { get; set; } = [];
    }

    private sealed class Plan
    {
        public float Bread { get; set; }

        public float Rice { get; set; }

        public float Money { get; set; }

        public float Weight { get; set; }
    }

    private static TException AssertThrows<TException>(Action action, string fragment)
        where TException : Exception
    {
        TException exception = Assert.Throws<TException>(action);
        StringAssert.Contains(exception.Message, fragment, StringComparison.Ordinal);
        return exception;
    }
}
