using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

[TestClass]
public class BadInputTests
{
    [TestMethod]
    public void An_unknown_or_unfit_column_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Linear(ml);
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram("Z", "Cots", lowerBounds: 0).Fit(data), "Cots");
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram("Z", "Costs", "Fetures", lowerBounds: 0).Fit(data), "Fetures");
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram("Z", "Costs", exampleWeightColumnName: "Weigth", lowerBounds: 0).Fit(data), "Weigth");
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram("Z", "Label", lowerBounds: 0).Fit(RealData.Iris(ml)), "Label");
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram("Z", "Costs", lowerBounds: new double[2]).Fit(data), "LowerBounds is 2; it must be 3");
    }

    [TestMethod]
    public void Settings_that_contradict_each_other_are_named()
    {
        var ml = new MLContext(seed: 1);
        void AssertNamed(Action<LearnedQuadraticProgramOptions> change, string setting)
        {
            LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus);
            change(options);
            AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram(options), setting);
        }

        AssertNamed(o => o.Loss = DecisionLoss.Imitation, "Q must be given");
        AssertNamed(o => o.P = "Costs", "P is given");
        AssertNamed(o => o.LearnedEqualities = 2, "cannot be combined with G and A");
        AssertNamed(o => o.PredictRightHandSide = true, "needs H");
        AssertNamed(o => (o.A, o.B, o.LearnedEqualities) = (null, null, 2), "must be Imitation");
        AssertNamed(o => o.Smoothing = 0, "Smoothing");
        AssertNamed(o => o.HiddenWidth = -1, "HiddenWidth");
        AssertNamed(o => o.Training.LearningRate = -1, "LearningRate");
    }

    [TestMethod]
    public void Empty_data_and_missing_values_are_refused()
    {
        var ml = new MLContext(seed: 1);
        AssertThrows<InvalidOperationException>(() => Fit(ml, []), "nothing to learn from");
        AssertThrows<InvalidOperationException>(() => Fit(ml, [new Markets.Row { Features = [1, float.NaN], Costs = [1, 2, 3] }]), "'Features', slot 1, row 0");
        AssertThrows<InvalidOperationException>(() => Fit(ml, [new Markets.Row { Features = [1, 2], Costs = [1, 2, float.PositiveInfinity] }]), "'Costs', slot 2, row 0");
        AssertThrows<InvalidOperationException>(() => Fit(ml, [new Markets.Row { Features = [1, 2], Costs = [1, 2, 3], Weight = -1 }]), "'Weight', row 0 is -1");
    }

    [TestMethod]
    public void Training_on_programs_without_a_solution_says_so()
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus);
        options.B = -1;
        AssertThrows<SolveFailedException>(() => ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)), "No point satisfies all constraints");
    }

    [TestMethod]
    [DataRow(DecisionLoss.SpoPlus)]
    [DataRow(DecisionLoss.Regret)]
    public void Rows_without_a_solution_are_left_out_of_training_where_they_are_to_be_missing(DecisionLoss loss)
    {
        var ml = new MLContext(seed: 1);
        List<string> warnings = [];
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.Message);
            }
        };
        Markets.Row[] rows = [.. ml.Data.CreateEnumerable<Markets.Row>(Markets.Linear(ml), reuseRowObject: false)];
        Markets.Row[] impossible = [.. rows.Select((row, i) => new Markets.Row { Features = row.Features, Costs = row.Costs, Weight = i is 3 or 7 ? -1 : 1 })];
        LearnedQuadraticProgramOptions options = Markets.Options(loss, epochs: 2);
        (options.B, options.Training.ValidationFraction) = ("Weight", 0);
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(impossible)));
        Assert.AreEqual(3, failure.Row);
        options.UnsolvedRows = UnsolvedRowHandling.ReturnMissing;
        using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(impossible));
        Assert.Contains($"2 of {rows.Length} rows have no solution at their realised values and are left out. The first is row 3: No point", string.Concat(warnings));
        string[] status = [.. model.Transform(ml.Data.LoadFromEnumerable(impossible)).GetColumn<string>("Status")];
        CollectionAssert.AreEqual(new[] { 3, 7 }, Enumerable.Range(0, rows.Length).Where(row => status[row] != "Converged").ToArray());
        AssertThrows<InvalidOperationException>(
            () => ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(impossible.Where(row => row.Weight < 0))), "no row has a solution");
    }

    [TestMethod]
    public void A_row_with_a_missing_feature_has_no_decision()
    {
        var ml = new MLContext(seed: 1);
        IDataView test = ml.Data.LoadFromEnumerable([new Markets.Row { Features = [float.NaN, 1], Costs = [0, 0, 0] }]);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 1);
        AssertThrows<SolveFailedException>(
            () => Scored.Vectors(ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)).Transform(test), "Solution"), "Row 0");
        options.UnsolvedRows = UnsolvedRowHandling.ReturnMissing;
        IDataView decided = ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)).Transform(test);
        Assert.IsTrue(Scored.Vectors(decided, "Solution")[0].All(float.IsNaN));
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void A_feature_that_is_not_finite_is_named_with_its_row_after_the_rows_before_it(float value)
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus, epochs: 1)).Fit(Markets.Linear(ml));
        Markets.Row[] rows = [new() { Features = [1, 1] }, new() { Features = [1, value] }];
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(rows)), "Solution"));
        StringAssert.Contains(failure.Message, $"Row 1: column 'Features', slot 1, is {value}", StringComparison.CurrentCulture);
        Assert.AreEqual((SolveStatus.InvalidInput, 1), (failure.Status, failure.Row));

        IDataView named = ml.Transforms.Concatenate("Features", "Demand", "Rain").Fit(Named()).Transform(Named());
        StringAssert.Contains(
            Assert.ThrowsExactly<SolveFailedException>(() => Scored.Vectors(model.Transform(named), "Solution")).Message, "slot 0 ('Demand')", StringComparison.Ordinal);

        IDataView Named() => ml.Data.LoadFromEnumerable([new { Demand = value, Rain = 1f }]);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    [DataRow(1e38f)]
    [DataRow(-3.4e38f)]
    public void A_row_with_extreme_features_costs_that_row_alone(float extreme)
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 1);
        options.UnsolvedRows = UnsolvedRowHandling.ReturnMissing;
        LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml));
        Markets.Row[] ordinary = [new() { Features = [0.5f, -0.5f] }, new() { Features = [-0.5f, 0.5f] }, new() { Features = [0.1f, 0.2f] }];
        float[][] expected = Decide(ordinary);
        for (int place = 0; place <= ordinary.Length; place++)
        {
            List<Markets.Row> rows = [.. ordinary];
            rows.Insert(place, new Markets.Row { Features = [extreme, 0.5f] });
            List<float[]> decided = [.. Decide([.. rows])];
            float[] apart = decided[place];
            decided.RemoveAt(place);

            // Costs so large are still costs: the row has a decision, or none and a status, but never another number.
            Assert.IsTrue(apart.All(float.IsNaN) || Math.Abs(apart.Sum() - 1) < 1e-5, string.Join(", ", apart));
            Assert.IsTrue(float.IsFinite(extreme) || apart.All(float.IsNaN));
            for (int i = 0; i < expected.Length; i++)
            {
                CollectionAssert.AreEqual(expected[i], decided[i]);
            }
        }

        float[][] Decide(Markets.Row[] rows) => Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(rows)), "Solution");
    }

    [TestMethod]
    public void More_equalities_than_can_be_factored_are_refused_before_the_allocation_with_the_limit()
    {
        var ml = new MLContext(seed: 1);
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus);
        options.A = new double[100_000, 3];
        AssertThrows<ArgumentException>(() => ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)), "100000 x 100000 entries; the limit is 268435456");
    }

    [TestMethod]
    public void More_features_than_a_least_squares_fit_can_take_are_refused_with_the_limit_and_their_column()
    {
        var ml = new MLContext(seed: 1);
        var schema = SchemaDefinition.Create(typeof(Markets.Row));
        schema[nameof(Markets.Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 100_000);
        IDataView data = ml.Data.LoadFromEnumerable([new Markets.Row { Features = new float[100_000], Costs = [1, 2, 3] }], schema);
        AssertThrows<ArgumentException>(
            () => ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus)).Fit(data), "fit to column 'Features' would take a dense matrix of 100000 x 100000 entries; the limit is 268435456");
    }

    [TestMethod]
    public void Data_without_any_weight_is_refused()
    {
        var ml = new MLContext(seed: 1);
        AssertThrows<InvalidOperationException>(() => Fit(ml, [new Markets.Row { Features = [1, 1], Costs = [0, 1, 2], Weight = 0 }]), "no row has a weight above 0 in column 'Weight'");
    }

    private static LearnedQuadraticProgramTransformer Fit(MLContext ml, Markets.Row[] rows)
    {
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 1);
        options.ExampleWeightColumnName = nameof(Markets.Row.Weight);
        return ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static void AssertThrows<TException>(Action action, string fragment)
        where TException : Exception =>
        StringAssert.Contains(Assert.Throws<TException>(action).Message, fragment, StringComparison.Ordinal);
}
