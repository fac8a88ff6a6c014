using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.MaximumSatisfiability;

/// <summary>Latin squares of three symbols as bits: every symbol once in each row and column. Two rows determine the third.</summary>
[TestClass]
public sealed class MaximumSatisfiabilityTests
{
    private const int Symbols = 3;
    private const int Length = Symbols * Symbols * Symbols;

    private static readonly Lazy<MaximumSatisfiabilityTransformer> Trained = new(() =>
    {
        var ml = new MLContext(seed: 1);
        return ml.Transforms.MaximumSatisfiability(Options()).Fit(ml.Data.LoadFromEnumerable(Squares(120, seed: 1)));
    });

    [TestMethod]
    public void Clauses_that_are_learned_from_examples_complete_others()
    {
        Square[] squares = [.. Squares(60, seed: 2)];
        foreach (float[] completed in Scored.Vectors(Trained.Value.Transform(new MLContext().Data.LoadFromEnumerable(squares)), "Completed").Zip(squares, (completed, square) => Differences(completed, square)))
        {
            Assert.IsEmpty(completed);
        }

        Assert.AreEqual(0, Trained.Value.Model.Training!.ChosenSettings["RefinementRounds"], "one solve is enough, and is what training settles on");
        float[][] confidence = Scored.Vectors(Trained.Value.Transform(new MLContext().Data.LoadFromEnumerable(squares)), "Confidence");
        Assert.IsTrue(confidence.All(row => row.All(sure => sure is > 0 and <= 1)));
        Assert.IsTrue(squares.Zip(confidence).All(pair => pair.First.IsKnown.Zip(pair.Second).All(bit => !bit.First || bit.Second == 1)), "what is known is sure");
    }

    [TestMethod]
    public void Without_a_mask_bits_are_hidden_at_random_and_NaN_is_what_is_to_be_completed()
    {
        var ml = new MLContext(seed: 1);
        MaximumSatisfiabilityOptions options = Options();
        options.KnownColumnName = null;
        MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability(options).Fit(ml.Data.LoadFromEnumerable(Squares(120, seed: 1)));
        Square[] squares = [.. Squares(60, seed: 2)];
        Square[] incomplete = [.. squares.Select(square => new Square { Bits = [.. square.Bits.Zip(square.IsKnown, (bit, isKnown) => isKnown ? bit : float.NaN)] })];
        float[][] completed = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(incomplete)), "Completed");
        Assert.IsGreaterThan(57, completed.Zip(squares).Count(pair => Differences(pair.First, pair.Second).Length == 0));
    }

    [TestMethod]
    public void Rounds_of_refinement_leave_what_is_known_as_it_is_and_complete_the_rest()
    {
        var ml = new MLContext(seed: 1);
        MaximumSatisfiabilityOptions options = Options();
        (options.RefinementRounds, options.Training.MaximumEpochs, options.Training.LearningRate) = (3, 1, 1e-12);
        Square[] squares = [.. Squares(20, seed: 2)];
        IDataView data = ml.Data.LoadFromEnumerable(squares);
        MaximumSatisfiabilityTransformer refined = ml.Transforms.MaximumSatisfiability(options).Fit(data, Trained.Value.Model);
        float[][] once = Scored.Vectors(Trained.Value.Transform(data), "Confidence"), thrice = Scored.Vectors(refined.Transform(data), "Confidence");
        Assert.IsGreaterThan(once.Sum(row => row.Sum()), thrice.Sum(row => row.Sum()), "what is set makes the rest surer");
        Assert.IsTrue(squares.Zip(thrice).All(pair => pair.First.IsKnown.Zip(pair.Second).All(bit => bit.First == (bit.Second == 1))), "what was set is no surer than when it was set");
        foreach ((float[] completed, Square square) in Scored.Vectors(refined.Transform(data), "Completed").Zip(squares))
        {
            Assert.IsEmpty(Differences(completed, square));
        }
    }

    [TestMethod]
    public void A_row_with_an_impossible_bit_costs_that_row()
    {
        var ml = new MLContext(seed: 1);
        Square[] squares = [.. Squares(3, seed: 3)];
        squares[1].Bits[Array.IndexOf(squares[1].IsKnown, true)] = 2;
        float[][] completed = Scored.Vectors(Trained.Value.Transform(ml.Data.LoadFromEnumerable(squares)), "Completed");
        Assert.IsTrue(completed[1].All(float.IsNaN));
        Assert.IsEmpty(Differences(completed[0], squares[0]));
        Assert.IsEmpty(Differences(completed[2], squares[2]));
    }

    [TestMethod]
    public void Data_that_cannot_be_trained_on_are_told_with_their_place()
    {
        var ml = new MLContext(seed: 1);
        Square[] impossible = [.. Squares(5, seed: 1)];
        impossible[3].Bits[4] = -1;
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(impossible)).Message;
        Assert.Contains("Column 'Bits', slot 4, row 3 is -1", message);
        Square[] complete = [.. Squares(5, seed: 1)];
        Array.ForEach(complete, square => square.IsKnown.AsSpan().Fill(true));
        Assert.Contains("'IsKnown'", Assert.ThrowsExactly<InvalidOperationException>(() => Fit(complete)).Message);
        Assert.Contains("no rows", Assert.ThrowsExactly<InvalidOperationException>(() => Fit([])).Message);
        Square[] empty = [.. Squares(5, seed: 1)];
        Array.ForEach(empty, square => square.Bits.AsSpan().Fill(float.NaN));
        Assert.Contains("NaN", Assert.ThrowsExactly<InvalidOperationException>(() => Fit(empty)).Message);
        MaximumSatisfiabilityOptions wrong = Options();
        wrong.KnownColumnName = nameof(Square.Weight);
        Assert.Contains("Weight", Assert.Throws<ArgumentException>(() => ml.Transforms.MaximumSatisfiability(wrong).Fit(ml.Data.LoadFromEnumerable(complete))).Message);
        wrong.KnownColumnName = nameof(Square.Pair);
        Assert.Contains("'Pair'", Assert.Throws<ArgumentException>(() => ml.Transforms.MaximumSatisfiability(wrong).Fit(ml.Data.LoadFromEnumerable(complete))).Message);

        void Fit(Square[] squares) => ml.Transforms.MaximumSatisfiability(Options()).Fit(ml.Data.LoadFromEnumerable(squares));
    }

    [TestMethod]
    [DataRow(nameof(MaximumSatisfiabilityOptions.BitColumnName))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.ClauseCount))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.AuxiliaryCount))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.MaximumSweeps))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.Tolerance))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.RefinementRounds))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.MinimumKnownFraction))]
    [DataRow(nameof(MaximumSatisfiabilityOptions.MaximumKnownFraction))]
    public void Settings_out_of_range_are_named(string setting)
    {
        var options = new MaximumSatisfiabilityOptions();
        System.Reflection.PropertyInfo property = typeof(MaximumSatisfiabilityOptions).GetProperty(setting)!;
        object wrong = property.PropertyType == typeof(string) ? string.Empty : property.PropertyType == typeof(double) ? (object)-1.0 : -1;
        property.SetValue(options, wrong);
        Assert.AreEqual(setting, Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Transforms.MaximumSatisfiability(options)).ParamName);
    }

    private static MaximumSatisfiabilityOptions Options() => new()
    {
        BitColumnName = nameof(Square.Bits),
        KnownColumnName = nameof(Square.IsKnown),
        Training = new TrainingOptions { Seed = 1, MaximumEpochs = 25, BatchSize = 12, LearningRate = 0.015, ValidationFraction = 0 },
    };

    private static float[] Differences(float[] completed, Square square) => [.. completed.Where((bit, i) => bit != square.Bits[i])];

    private static IEnumerable<Square> Squares(int count, int seed)
    {
        var random = new Random(seed);
        for (int number = 0; number < count; number++)
        {
            // Cyclic squares and their mirror images are all there are.
            int first = random.Next(Symbols), step = 1 + random.Next(2), turn = 1 + random.Next(2), missing = random.Next(Symbols);
            var square = new Square { Bits = new float[Length], IsKnown = new bool[Length] };
            for (int cell = 0; cell < Symbols * Symbols; cell++)
            {
                (int row, int column) = (cell / Symbols, cell % Symbols);
                square.Bits[(cell * Symbols) + ((first + (step * row) + (turn * column)) % Symbols)] = 1;
                square.IsKnown.AsSpan(cell * Symbols, Symbols).Fill(row != missing && (row + column) % Symbols != missing);
            }

            yield return square;
        }
    }

    private sealed class Square
    {
        [VectorType(Length)]
        public float[] Bits { get; set; } = [];

        [VectorType(Length)]
        public bool[] IsKnown { get; set; } = new bool[Length];

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];

        public float Weight { get; set; } = 1;
    }
}
