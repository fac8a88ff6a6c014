using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>The simplest cell, f(z, x) = tanh(z W + x U + b), with its Jacobian in closed form.</summary>
/// <remarks>Nothing keeps W a contraction: see <see cref="DenseResidualCell"/> for a cell that trains on any data.</remarks>
/// <example><code>
/// var tanh = new TanhCell(randn(4, 4, generator: generator) * 0.2, randn(8, 4, generator: generator), zeros(4));
/// Tensor equilibria = new DeepEquilibrium(tanh).forward(x);
/// </code></example>
public sealed class TanhCell : EquilibriumCell
{
    [ComponentName(Name = "W")]
    private readonly Parameter _recurrent;

    [ComponentName(Name = "U")]
    private readonly Parameter _input;

    [ComponentName(Name = "b")]
    private readonly Parameter _bias;

    /// <summary>Creates the cell with weights of one's own; it owns them.</summary>
    /// <param name="recurrent">W [stateWidth, stateWidth].</param>
    /// <param name="input">U [inputWidth, stateWidth].</param>
    /// <param name="bias">b [stateWidth].</param>
    /// <param name="name">Name of the module.</param>
    /// <exception cref="ArgumentNullException">A weight is null.</exception>
    public TanhCell(Tensor recurrent, Tensor input, Tensor bias, string name = nameof(TanhCell))
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(recurrent);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(bias);
        _recurrent = new Parameter(recurrent);
        _input = new Parameter(input);
        _bias = new Parameter(bias);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor InitialState(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return zeros(x.shape[0], _recurrent.shape[0], x.dtype, x.device);
    }

    /// <inheritdoc/>
    public override Injection Inject(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new Injection(_bias.addmm(x, _input));
    }

    /// <inheritdoc/>
    public override Tensor Iterate(Tensor z, Injection injection)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(injection);
        return HyperbolicTangent.Of(injection.Rows[0].addmm(z, _recurrent));
    }

    /// <inheritdoc/>
    public override CellLinearization Linearize(Tensor z, Injection injection)
    {
        using IDisposable noGraph = no_grad();
        Tensor image = Iterate(z, injection);
        return new TanhLinearization(image.Squared().neg_().PlusInPlace(1.Held()), _recurrent.detach().t());
    }

    private sealed class TanhLinearization(Tensor slope, Tensor weight) : CellLinearization
    {
        public override Tensor VectorJacobianProduct(Tensor vector) => vector.mul(slope).mm(weight);

        public override CellLinearization SelectRows(Tensor rows) => new TanhLinearization(slope.index_select(0, rows), weight);
    }
}
