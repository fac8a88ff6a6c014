using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>dz/dt = z A with a learned A, and its products in closed form.</summary>
public sealed class LinearDynamics : nn.Module<Tensor, Tensor, Tensor>, IDifferentiableOdeTerm
{
    private readonly Parameter _matrix;

    public LinearDynamics(Tensor matrix)
        : base(nameof(LinearDynamics))
    {
        _matrix = new Parameter(matrix);
        register_parameter("matrix", _matrix);
    }

    public IReadOnlyList<Tensor> Parameters => [_matrix];

    public override Tensor forward(Tensor time, Tensor state) => state.mm(_matrix);

    public Tensor Evaluate(double time, Tensor state) => state.mm(_matrix);

    public OdeLinearization Linearize(double time, Tensor state) => new Products(state, _matrix);

    // It outlives the solver's own tensors: what it keeps is its own, outside of any dispose scope.
    private sealed class Products(Tensor state, Tensor matrix) : OdeLinearization
    {
        private readonly Tensor _state = state.detach().DetachFromDisposeScope();

        public override Tensor Value { get; } = state.mm(matrix).detach().DetachFromDisposeScope();

        public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
        {
            parameterGradient?.add_(_state.t().mm(cotangent).flatten());
            return cotangent.mm(matrix.t());
        }

        protected override void Dispose(bool disposing)
        {
            _state.Dispose();
            Value.Dispose();
        }
    }
}
