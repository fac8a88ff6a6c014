using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Components of the features, which networks are trained with.</summary>
[TestClass]
public sealed class WhitenedEncoderTests
{
    private const int Rows = 400;

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void Components_have_variance_one_and_nothing_in_common()
    {
        Tensor features = Related(Rows, 6);
        Tensor components = Components(features);
        Assert.AreEqual(6, components.shape[1]);
        Tensor covariance = components.mT.mm(components) / Rows;
        Assert.IsTrue(covariance.allclose(eye(6), 1e-3, 1e-3), "covariance");
        Assert.IsTrue(components.mean([0]).allclose(zeros(6), 0, 1e-3), "mean");
    }

    [TestMethod]
    public void Components_do_not_depend_on_units_nor_on_the_order_of_rows()
    {
        Tensor features = Related(Rows, 6);
        Tensor components = Components(features);
        Assert.IsTrue(Components((features * 1024) + 4096).allclose(components, 1e-2, 1e-2), "units");
        using var generator = new Generator(2);
        Tensor order = randperm(Rows, generator: generator);
        Assert.IsTrue(Components(features.index_select(0, order)).allclose(components.index_select(0, order), 1e-3, 1e-3), "order");
    }

    [TestMethod]
    public void Constant_and_doubled_features_have_no_components_of_their_own()
    {
        Tensor features = Related(Rows, 3);
        Tensor components = Components(cat([features, features.narrow(1, 0, 1) * 2, full(Rows, 1, 7)], 1));
        Assert.AreEqual(3, components.shape[1]);
        Assert.IsTrue(components.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Few_rows_have_few_components_and_one_feature_or_a_handful_of_rows_has_none()
    {
        Assert.AreEqual(2, Components(Related(16, 40)).shape[1]);
        Tensor wide = Related(7, 40), single = Related(Rows, 1);
        Assert.IsNull(WhitenedEncoder.Of(Encoder(wide), wide, 0));
        Assert.IsNull(WhitenedEncoder.Of(Encoder(single), single, 0));
        Tensor constant = ones(Rows, 3);
        Assert.IsNull(WhitenedEncoder.Of(Encoder(constant), constant, 0));
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(1)]
    public void A_folded_network_gives_what_the_trained_one_gave(int? index)
    {
        Tensor places = tensor(Enumerable.Range(0, Rows).Select(row => (float)(row % 4)).ToArray()).unsqueeze(1);
        Tensor features = cat([Related(Rows, 5), places], 1);
        FeatureEncoder encoder = FeatureEncoder.OfVectors(features, new int[Rows], hasSteps: false, [], 3);
        using WhitenedEncoder whitened = WhitenedEncoder.Of(encoder, features, 1)!;
        var sizes = new PredictionSizes(default, 6, HiddenWidth: 8, OutputWidth: 2, EnsembleSize: 1) { Categories = new Data.CategoricalSlots(8, [5], [3]) };
        var architecture = new DeepEquilibriumArchitecture(sizes, EquilibriumCellKind.Dense, EquilibriumSolverKind.Anderson, 1e-6, 100);
        using var generator = new Generator(3);
        using PredictionNetwork trained = architecture.CreateNetwork(whitened.Width, generator, index is null ? null : [0, 0]);
        using PredictionNetwork folded = architecture.CreateNetwork(encoder.Width, generator, null);
        using (no_grad())
        {
            trained.parameters().ToList().ForEach(parameter => parameter.add_(randn(parameter.shape, generator: generator) * 0.3));
            folded.CopyFrom(trained, index, whitened);
        }

        trained.eval();
        folded.eval();
        Tensor rows = whitened.forward(features);
        Tensor given = trained.Predict(trained.Categories.forward(index is null ? rows : cat([rows, rows])));
        Tensor expected = index is { } network ? given.narrow(0, network * Rows, Rows) : given;
        Assert.IsTrue(folded.Predict(folded.Categories.forward(encoder.forward(features))).allclose(expected, 1e-3, 1e-3));
    }

    [TestMethod]
    public void State_that_is_written_is_read_again()
    {
        Tensor features = Related(Rows, 4), others = Related(Rows, 4, seed: 9);
        FeatureEncoder encoder = Encoder(features);
        using WhitenedEncoder first = WhitenedEncoder.Of(encoder, features, 0)!, second = WhitenedEncoder.Of(encoder, others, 0)!;
        using var state = new MemoryStream();
        using (var writer = new BinaryWriter(state, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            first.WriteState(writer);
        }

        state.Position = 0;
        Assert.IsFalse(second.forward(features).allclose(first.forward(features), 1e-3, 1e-3));
        using var reader = new BinaryReader(state);
        second.ReadState(reader);
        Assert.IsTrue(second.forward(features).allclose(first.forward(features), 0, 0));
        Assert.AreEqual(state.Length, state.Position);
    }

    // Thirty features rise and fall together; the label is how much they bend, a hundredth of that.
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void What_lies_along_a_direction_of_little_variance_is_learned(bool isDeepEquilibrium)
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Spectrum.Draw(160, seed: 1)), test = ml.Data.LoadFromEnumerable(Spectrum.Draw(200, seed: 2));
        var training = new TrainingOptions { MaximumEpochs = 100, BatchSize = 32, Seed = 1 };
        using var model = isDeepEquilibrium
            ? (IDisposable)ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { HiddenWidth = 16, EnsembleSize = 1, Training = training }).Fit(train)
            : ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { HiddenWidth = 16, StateWidth = 8, EnsembleSize = 1, Training = training }).Fit(train);
        RegressionMetrics metrics = ml.Regression.Evaluate(((ITransformer)model).Transform(test));
        Assert.IsGreaterThan(0.9, metrics.RSquared);
    }

    private static FeatureEncoder Encoder(Tensor features) => FeatureEncoder.OfVectors(features, new int[features.shape[0]], hasSteps: false, []);

    private static Tensor Components(Tensor features)
    {
        FeatureEncoder encoder = Encoder(features);
        using WhitenedEncoder whitened = WhitenedEncoder.Of(encoder, features, 0)!;
        return whitened.forward(features).narrow(1, encoder.Width, whitened.ComponentCount);
    }

    // Each feature is what all have in common, and a little of its own, of another size each.
    private static Tensor Related(long rows, int features, long seed = 1)
    {
        using var generator = new Generator((ulong)seed);
        Tensor common = randn(rows, 1, generator: generator);
        return common + (randn(rows, features, generator: generator) * (arange(1, features + 1) * 0.1));
    }

    private sealed class Spectrum
    {
        private const int Length = 30;

        [VectorType(Length)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public static IEnumerable<Spectrum> Draw(int count, int seed)
        {
            var random = new Random(seed);
            for (int i = 0; i < count; i++)
            {
                double level = (2 * random.NextDouble()) - 1, bend = (2 * random.NextDouble()) - 1;
                float[] values = [.. Enumerable.Range(0, Length).Select(j => (float)(level + (0.01 * bend * Math.Cos(Math.Tau * j / Length))))];
                yield return new Spectrum { Features = values, Label = (float)bend };
            }
        }
    }
}
