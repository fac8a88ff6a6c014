using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>f(z, x) = tanh(z W + x U + b) with W scaled to a Frobenius norm of at most 0.9, so that every solve converges.</summary>
public sealed class ContractionCell : EquilibriumCell
{
    private readonly Parameter _recurrent;
    private readonly Parameter _input;
    private readonly Parameter _bias;

    public ContractionCell(int inputWidth, int stateWidth, Generator generator, ScalarType dtype = ScalarType.Float32)
        : base(nameof(ContractionCell))
    {
        _recurrent = new Parameter(randn([stateWidth, stateWidth], dtype, generator: generator) / Math.Sqrt(stateWidth));
        _input = new Parameter(randn([inputWidth, stateWidth], dtype, generator: generator) / Math.Sqrt(inputWidth));
        _bias = new Parameter(zeros(stateWidth, dtype));
        register_parameter("recurrent", _recurrent);
        register_parameter("input", _input);
        register_parameter("bias", _bias);
    }

    public override Tensor InitialState(Tensor x) => zeros(x.shape[0], _bias.shape[0], x.dtype, x.device);

    // What does not depend on z is computed once a solve: a row for each row of x, and what all rows share.
    public override Injection Inject(Tensor x)
    {
        Tensor scale = (_recurrent.norm() / 0.9).clamp_min(1);
        return new Injection([_bias.addmm(x, _input)], [_recurrent / scale]);
    }

    public override Tensor Iterate(Tensor z, Injection injection) => injection.Rows[0].addmm(z, injection.Shared[0]).tanh();
}
