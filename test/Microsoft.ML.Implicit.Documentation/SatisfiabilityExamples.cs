using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Satisfiability;
using Microsoft.ML.Implicit.Solvers.Satisfiability;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/satisfiability.md.</summary>
[TestClass]
public sealed class SatisfiabilityExamples
{
    // Petrol, diesel, electric; manual, automatic; tow bar. Electric cars are automatic, and only diesel ones may tow.
    private static readonly string[] Sold = ["100100", "100010", "010100", "010010", "010101", "010011", "001010"];

    [TestMethod]
    public void Orders_teach_what_goes_together()
    {
        var ml = new MLContext(seed: 1);
        IDataView orders = ml.Data.LoadFromEnumerable(Sold.Concat(Sold).Select(bits => new Order { Bits = [.. bits.Select(bit => (float)(bit - '0'))] }));

        {
            MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability("Completed", "Bits").Fit(orders);

            // A tow bar is asked for, and nothing else is said.
            IDataView incomplete = ml.Data.LoadFromEnumerable([new Order { Bits = [float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, 1] }]);
            IDataView completed = model.Transform(incomplete);
            float[] bits = completed.GetColumn<float[]>("Completed").Single(), confidence = completed.GetColumn<float[]>("Confidence").Single();
            Console.WriteLine($"diesel: {bits[1]}, sure by {confidence[1]:F2}");

            Assert.AreSequenceEqual([0f, 1, 0], bits[..3]);
        }
    }

    [TestMethod]
    public void A_mask_says_what_is_given()
    {
        var ml = new MLContext(seed: 1);
        IDataView boards = ml.Data.LoadFromEnumerable(Sold.Select((bits, i) => new BoardRow
        {
            Board = [.. bits.Select(bit => (float)(bit - '0'))],
            Given = [.. bits.Select((_, bit) => (i + bit) % 2 == 0)],
        }));

        {
            var options = new MaximumSatisfiabilityOptions
            {
                BitColumnName = "Board",
                KnownColumnName = "Given",
                RefinementRounds = 4,
            };
            MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability(options).Fit(boards);

            Assert.AreEqual(6, model.Model.BitCount);
        }
    }

    [TestMethod]
    public void A_layer_is_trained_by_a_loop_of_one_s_own()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor values = randint(0, 2, [8, 3], ScalarType.Float32, generator: generator), isKnown = values.eq(values).logical_and(tensor(new[] { true, true, false }));

        {
            var layer = new MaximumSatisfiability(bits: 3, clauses: 8, auxiliaries: 4, generator);
            Tensor probabilities = layer.forward(values, isKnown);
            Tensor loss = nn.functional.binary_cross_entropy(probabilities[isKnown.logical_not()], values[isKnown.logical_not()]);
            ImplicitBackward.Run(() => loss.backward());

            Assert.IsTrue(layer.parameters().Single().grad!.isfinite().all().item<bool>());
        }

        {
            var layer = new MaximumSatisfiability(bits: 3, clauses: 8, auxiliaries: 4, generator, new MixingSettings { MaximumSweeps = 100, Tolerance = 1e-8 });
            SatisfiabilitySolution solution = layer.Solve(values, isKnown);
            Console.WriteLine($"{solution.Statuses[0]} after {solution.Sweeps[0]} sweeps");

            Assert.HasCount(8, solution.Statuses.ToArray());
        }
    }

    private sealed class Order
    {
        [VectorType(6)]
        public float[] Bits { get; set; } = [];
    }

    private sealed class BoardRow
    {
        [VectorType(6)]
        public float[] Board { get; set; } = [];

        [VectorType(6)]
        public bool[] Given { get; set; } = [];
    }
}
