using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// A cell for vectors: f(z, x) = e + κ tanh(z V₁ + e A + a) V₂ with e = relu(x E + d), a residual block of two layers
/// into which the embedded input is injected twice.
/// </summary>
/// <remarks>
/// The weights are V = W / max(1, σ̄(W)), where σ̄ is the guaranteed bound of the spectral norm by Gram iteration
/// (<see cref="SpectralBound"/>), so that ‖∂f/∂z‖₂ ≤ κ &lt; 1 at every state, input and training step: the
/// equilibrium exists, is unique, and every solver converges to it. Below the bound the weights are free. This keeps more
/// of the block's expressiveness than a bound on row sums (El Ghaoui et al. 2021, "Implicit deep learning"), needs
/// no operator splitting as monotone weights do (Winston and Kolter 2020), and costs a few products of small
/// matrices a solve, independent of the batch and of the iterations. Dropout acts on the embedded input and on the features,
/// never inside the recurrence, where it would break the bound.
/// </remarks>
/// <example><code>
/// var cell = new DenseResidualCell(inputWidth: 8, hiddenWidth: 32, generator);
/// var layer = new DeepEquilibrium(cell, new EquilibriumSettings
/// {
///     ForwardSolver = new AndersonSolver(new AndersonSettings { Memory = 5, RelativeTolerance = 1e-4, MaximumIterations = 40 }),
///     BackwardSolver = new BroydenSolver(),
/// });
/// Tensor x = randn(16, 8, generator: generator);
/// Tensor z = layer.forward(x);
/// Tensor features = cell.Readout(z);
/// ImplicitBackward.Run(() =&gt; features.pow(2).mean().backward());
/// </code></example>
public sealed class DenseResidualCell : FeatureCell
{
    // Weights of more than a processor's own cache are served better by the matrix product of the native library.
    private const double Contraction = 0.9;
    private const int LargestManagedWidth = 256;
    private const long LargestManagedEmbedding = 1 << 20;

    // Of each network in turn.
    private readonly double[] _dropout;
    private readonly double _contraction;
    private readonly Generator _generator;

    [ComponentName(Name = "embedding_weight")]
    private readonly Parameter _embeddingWeight;

    [ComponentName(Name = "embedding_bias")]
    private readonly Parameter _embeddingBias;

    [ComponentName(Name = "injection_weight")]
    private readonly Parameter _injectionWeight;

    [ComponentName(Name = "injection_bias")]
    private readonly Parameter _injectionBias;

    [ComponentName(Name = "inner_weight")]
    private readonly Parameter _innerWeight;

    [ComponentName(Name = "outer_weight")]
    private readonly Parameter _outerWeight;

    /// <summary>Creates the cell with random weights.</summary>
    /// <param name="inputWidth">Width of the input, which should be standardised.</param>
    /// <param name="hiddenWidth">Width of the state.</param>
    /// <param name="generator">Source of the initial weights and of dropout, on the CPU; kept.</param>
    /// <param name="dropout">Probability that an entry is dropped while training, in [0, 1).</param>
    /// <param name="contraction">κ, in (0, 1); smaller solves faster.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <param name="name">Name of the module.</param>
    /// <exception cref="ArgumentOutOfRangeException">A width, the dropout or the contraction is out of range.</exception>
    public DenseResidualCell(int inputWidth, int hiddenWidth, Generator generator, double dropout = 0, double contraction = Contraction, ScalarType dtype = ScalarType.Float32, string name = nameof(DenseResidualCell))
        : this(inputWidth, hiddenWidth, generator, [dropout], [], contraction, dtype, name)
    {
    }

    private DenseResidualCell(int inputWidth, int hiddenWidth, Generator generator, double[] dropout, long[] stack, double contraction, ScalarType dtype, string name)
        : base(name, hiddenWidth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputWidth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenWidth, 1);
        ArgumentNullException.ThrowIfNull(generator);
        Array.ForEach(dropout, CellArguments.RequireDropout);
        CellArguments.RequireContraction(contraction);
        NativeBackend.EnsureLoaded();
        _generator = generator;
        _dropout = dropout;
        _contraction = contraction;
        var initializer = new CellInitializer(generator, dtype);
        _embeddingWeight = initializer.Normal(Math.Sqrt(2), inputWidth, [.. stack, inputWidth, hiddenWidth]);
        _embeddingBias = initializer.Constant(0, [.. stack, hiddenWidth]);
        _injectionWeight = initializer.Normal(1, hiddenWidth, [.. stack, hiddenWidth, hiddenWidth]);
        _injectionBias = initializer.Constant(0, [.. stack, hiddenWidth]);
        _innerWeight = initializer.Normal(0.5, hiddenWidth, [.. stack, hiddenWidth, hiddenWidth]);
        _outerWeight = initializer.Normal(0.5, hiddenWidth, [.. stack, hiddenWidth, hiddenWidth]);
        RegisterComponents();
    }

    /// <summary>Creates a stack of cells that are trained together: the first dimension of every parameter is theirs, and their rows follow one another.</summary>
    /// <param name="inputWidth">Width of the input.</param>
    /// <param name="hiddenWidth">Width of the state.</param>
    /// <param name="generator">Source of the initial weights and of dropout, on the CPU; kept.</param>
    /// <param name="dropout">Dropout of each cell.</param>
    internal static DenseResidualCell CreateStack(int inputWidth, int hiddenWidth, Generator generator, double[] dropout) =>
        new(inputWidth, hiddenWidth, generator, dropout, [dropout.Length], Contraction, ScalarType.Float32, nameof(DenseResidualCell));

    internal override bool CanSelectRows => _innerWeight.dim() == 2;

    /// <summary>E and d, of relu(x E + d).</summary>
    internal (Parameter Weight, Parameter Bias) Embedding => (_embeddingWeight, _embeddingBias);

    /// <inheritdoc/>
    public override Tensor InitialState(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return zeros(x.shape[0], FeatureWidth, x.dtype, x.device);
    }

    /// <inheritdoc/>
    /// <remarks>Where the input [batch, inputWidth] is in coordinate format, only the weights of its non-zeros are read, and their gradient is in that format too.</remarks>
    public override Injection Inject(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor embedding = x.is_sparse ? SparseRows.Affine(_embeddingBias, x, _embeddingWeight) : StackedAffine.Of(_embeddingBias, x, _embeddingWeight);
        Tensor embedded = Drop(embedding.relu());
        Tensor injected = StackedAffine.Of(_injectionBias, embedded, _injectionWeight);
        return new Injection([injected, embedded], LimitedWeights);
    }

    /// <inheritdoc/>
    public override Tensor Iterate(Tensor z, Injection injection)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(injection);
        return StackedAffine.Of(injection.Rows[1], Hidden(z, injection), injection.Shared[1]);
    }

    /// <inheritdoc/>
    public override CellLinearization Linearize(Tensor z, Injection injection)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(injection);
        using IDisposable noGraph = no_grad();
        Tensor slope = Hidden(z, injection).Squared().neg_().PlusInPlace(1.Held());
        return new Linearization(slope, injection.Shared[0].mT, injection.Shared[1].mT);
    }

    /// <inheritdoc/>
    public override Tensor Readout(Tensor z)
    {
        ArgumentNullException.ThrowIfNull(z);
        return Drop(z);
    }

    /// <inheritdoc/>
    internal override ManagedCell? CreateManaged(InputCode code)
    {
        Parameter[] weights = [_embeddingWeight, _injectionWeight, _innerWeight, _outerWeight];
        bool isSmall = FeatureWidth <= LargestManagedWidth && _embeddingWeight.numel() <= LargestManagedEmbedding;
        if (!isSmall || weights.Any(weight => weight.device_type != TorchSharp.DeviceType.CPU || weight.dtype != ScalarType.Float32))
        {
            return null;
        }

        using IDisposable noGraph = no_grad();
        IReadOnlyList<Tensor> limited = LimitedWeights;
        (float[] embedding, float[] bias) = code.Recode(_embeddingWeight.ReadSingles(), _embeddingBias.ReadSingles());
        return new ManagedResidualCell(
            new CodedAffine(embedding, bias, code.LeadingWidth), new PanelAffine(_injectionWeight, _injectionBias), new PanelAffine(limited[0]), new PanelAffine(limited[1]));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor> LimitWeights() =>
        [SpectralBound.Limit(_innerWeight, 1), SpectralBound.Limit(_outerWeight, 1) * _contraction.Held()];

    private static Tensor Hidden(Tensor z, Injection injection) => HyperbolicTangent.Of(StackedAffine.Of(injection.Rows[0], z, injection.Shared[0]));

    private Tensor Drop(Tensor values) => training ? Dropout.Of(values, _dropout, _generator) : values;

    private sealed class Linearization(Tensor slope, Tensor inner, Tensor outer) : CellLinearization
    {
        public override Tensor VectorJacobianProduct(Tensor vector) => StackedAffine.Product(StackedAffine.Product(vector, outer).mul_(slope), inner);

        public override CellLinearization SelectRows(Tensor rows) => new Linearization(slope.index_select(0, rows), inner, outer);
    }
}
