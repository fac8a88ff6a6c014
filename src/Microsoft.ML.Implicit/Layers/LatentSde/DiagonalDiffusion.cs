using Microsoft.ML.Implicit.Layers.LatentSde.Managed;
using Microsoft.ML.Implicit.Native;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// A diffusion whose every element depends on the same element of the state: g(z) = log(1 + exp(a + b tanh(c z + d) + b' tanh(c' z + d'))) + least, constant at first.
/// </summary>
/// <remarks>
/// The sign of a diagonal diffusion is of no account, but its size may be least between states where it is larger, as that of g(z) = z is at 0: hence two units.
/// </remarks>
internal sealed class DiagonalDiffusion : nn.Module<Tensor, Tensor>
{
    // Where a state without drift spreads to about one within the longest horizon.
    private const double InitialOffset = -0.85;
    private const double Least = 1e-2;

    [ComponentName(Name = "offset")]
    private readonly Parameter _offset;

    [ComponentName(Name = "amplitude")]
    private readonly Parameter _amplitude;

    [ComponentName(Name = "slope")]
    private readonly Parameter _slope;

    [ComponentName(Name = "shift")]
    private readonly Parameter _shift;

    [ComponentName(Name = "second_amplitude")]
    private readonly Parameter _secondAmplitude;

    [ComponentName(Name = "second_slope")]
    private readonly Parameter _secondSlope;

    [ComponentName(Name = "second_shift")]
    private readonly Parameter _secondShift;

    public DiagonalDiffusion(long width, Generator generator)
        : base(nameof(DiagonalDiffusion))
    {
        _offset = new Parameter(full([width], InitialOffset.Held()));
        _amplitude = new Parameter(zeros(width));
        _slope = new Parameter(ones(width));
        _shift = new Parameter(empty(width).uniform_(-1, 1, generator));
        _secondAmplitude = new Parameter(zeros(width));
        _secondSlope = new Parameter(ones(width).neg());
        _secondShift = new Parameter(empty(width).uniform_(-1, 1, generator));
        RegisterComponents();
    }

    public IReadOnlyList<Tensor> Parameters => [_offset, _amplitude, _slope, _shift, _secondAmplitude, _secondSlope, _secondShift];

    /// <summary>A copy in managed memory.</summary>
    /// <param name="stride">Floats from one state to the next.</param>
    public ManagedDiffusion CreateManaged(int stride) => new(Parameters, Least, stride);

    /// <param name="input">State, [rows, width].</param>
    /// <returns>g, of the same shape.</returns>
    public override Tensor forward(Tensor input) => Argument(First(input), Second(input)).Softplus().Plus(Least.Held());

    /// <summary>g and its derivative with respect to the state's own element.</summary>
    /// <param name="state">[rows, width].</param>
    public (Tensor Value, Tensor Derivative) Linearize(Tensor state)
    {
        Tensor first = First(state), second = Second(state), argument = Argument(first, second);
        Tensor slope = (_amplitude * _slope * 1.0.Held().Minus(first.Squared())).Plus(_secondAmplitude * _secondSlope * 1.0.Held().Minus(second.Squared()));
        return (argument.Softplus().Plus(Least.Held()), argument.sigmoid() * slope);
    }

    private Tensor First(Tensor state) => _shift.Plus(_slope * state).tanh();

    private Tensor Second(Tensor state) => _secondShift.Plus(_secondSlope * state).tanh();

    private Tensor Argument(Tensor first, Tensor second) => _offset.Plus(_amplitude * first).Plus(_secondAmplitude * second);
}
