using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Dynamics as they are solved: alone, and with penalties integrated beside the state, in closed form where there is one.</summary>
/// <param name="dynamics">f.</param>
/// <param name="penalties">What is integrated.</param>
internal sealed class OdeTerms(nn.Module<Tensor, Tensor, Tensor> dynamics, DynamicsPenalties penalties)
{
    private readonly PenalizedModule? _module = penalties != DynamicsPenalties.None && (dynamics is not PerceptronDynamics || penalties.HasFlag(DynamicsPenalties.ThirdDerivative))
        ? new PenalizedModule(dynamics, penalties)
        : null;

    /// <summary>f at times of each row.</summary>
    public IRowTimeOdeTerm Rows { get; } = dynamics as IRowTimeOdeTerm ?? new AutogradOdeTerm(dynamics);

    /// <summary>f, and the penalties for one solve.</summary>
    /// <param name="state">The initial state, [batch, dimension].</param>
    /// <param name="generator">Source of the direction of the Jacobian's norm, on the CPU.</param>
    public IDifferentiableOdeTerm Penalized(Tensor state, Generator generator)
    {
        Tensor? direction = penalties.HasFlag(DynamicsPenalties.JacobianNorm) ? randn(state.shape, state.dtype, generator: generator).to(state.device) : null;
        if (_module is not null)
        {
            _module.Direction = direction;
            return new AutogradOdeTerm(_module);
        }

        return penalties == DynamicsPenalties.None ? (IDifferentiableOdeTerm)Rows : new PenalizedDynamics((PerceptronDynamics)dynamics, penalties, direction);
    }

    /// <summary>Adds columns of zeros for the integrals.</summary>
    public Tensor Extend(Tensor state) => penalties == DynamicsPenalties.None ? state : cat([state, zeros(state.shape[0], int.PopCount((int)penalties), state.dtype, state.device)], 1);
}
