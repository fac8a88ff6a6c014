using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Cuda;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stages;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Common;

/// <summary>One step for the whole batch, by the code that suits the method, the right-hand side and the device.</summary>
/// <param name="term">Right-hand side.</param>
/// <param name="extent">What of the flat state the error norm covers.</param>
internal sealed class CommonSteps(IOdeTerm term, StateExtent extent) : StepScheme
{
    public override IReadOnlyList<Tensor>? Parameters => (term as IDifferentiableOdeTerm)?.Parameters;

    public override object Term => term;

    public override bool HasRowTimes => false;

    private IDifferentiableOdeTerm Differentiable => (IDifferentiableOdeTerm)term;

    public override int CheckpointLimit(OdeOptions options) => options.GradientMethod == OdeGradientMethod.CheckpointedAdjoint ? options.MaximumCheckpoints : 0;

    public override Tensor Evaluate(double[] times, Tensor state) => term.EvaluateChecked(times[0], state);

    public override OdeStepper CreateStepper(OdeOptions options, Tensor initialState, Tensor outputs) => CreateStepper(options.Method, initialState, outputs);

    /// <summary>Creates what takes the steps of a method.</summary>
    public CommonStepper CreateStepper(OdeMethod method, Tensor initialState, Tensor outputs) => method switch
    {
        ExplicitRungeKutta explicitMethod when term is IManagedOdeTerm managedTerm && managedTerm.CreateManagedDynamics(initialState) is { } dynamics =>
            new ManagedRungeKuttaStepper(dynamics, explicitMethod, initialState, outputs),
        ExplicitRungeKutta explicitMethod when term is ICudaOdeTerm cudaTerm && extent.Length == initialState.numel() && CudaRungeKuttaStepper.TryCreate(cudaTerm, explicitMethod, initialState, outputs) is { } stepper =>
            stepper,
        ExplicitRungeKutta explicitMethod => new ExplicitRungeKuttaStepper(term, explicitMethod, initialState, outputs, extent),
        DiagonallyImplicitRungeKutta implicitMethod => new ImplicitRungeKuttaStepper(term, implicitMethod, initialState, outputs, extent),
        AdamsBashforthMoulton => new AdamsBashforthMoultonStepper(term, initialState, outputs),
        OneStepMethod oneStepMethod => new OneStepStepper(term, oneStepMethod, initialState, outputs, extent),
        _ => throw Unknown(method),
    };

    public override AdjointStep CreateAdjoint(OdeOptions options, Tensor state, Tensor parameterGradient) => options.Method switch
    {
        ExplicitRungeKutta method when term is IManagedOdeTerm managedTerm && managedTerm.CreateManagedDynamics(state) is { } dynamics =>
            new ManagedAdjointStep(dynamics, method, state, parameterGradient),
        ExplicitRungeKutta method when term is ICudaOdeTerm cudaTerm && CudaAdjointStep.TryCreate(cudaTerm, method, state, parameterGradient) is { } step => step,
        ExplicitRungeKutta method => new RungeKuttaAdjointStep(Differentiable, method, state.shape, state.reshape(-1), parameterGradient),
        DiagonallyImplicitRungeKutta method => new ImplicitAdjointStep(Differentiable, method, options.StepControl as AdaptiveStepControl, state, parameterGradient),
        AdamsBashforthMoulton => new AdamsBashforthMoultonAdjointStep(Differentiable, state, parameterGradient),
        OneStepMethod method => new OneStepAdjointStep(Differentiable, method, state, parameterGradient),
        _ => throw Unknown(options.Method),
    };

    public override StepReplay CreateReplay(OdeOptions options, Tensor start) => options.Method switch
    {
        ExplicitRungeKutta method => new ExplicitRungeKuttaReplay(term, method, start.shape),
        DiagonallyImplicitRungeKutta method => new ImplicitRungeKuttaReplay(Differentiable, method, options.StepControl as AdaptiveStepControl, start),
        AdamsBashforthMoulton => new AdamsBashforthMoultonReplay(term, start.shape),
        OneStepMethod method => new OneStepReplay(term, method, start.shape),
        _ => throw Unknown(options.Method),
    };

    public override Tensor Differentiate(OdeSolution solution, Tensor cotangents, Tensor parameterGradient) => solution.Options.GradientMethod switch
    {
        OdeGradientMethod.BacksolveAdjoint => BacksolveAdjoint.Run(solution, Differentiable, cotangents, parameterGradient),
        OdeGradientMethod.Backpropagation => Backpropagation.Run(solution, this, cotangents, parameterGradient),
        _ => base.Differentiate(solution, cotangents, parameterGradient),
    };

    public override StepScheme Hold(int[] rows) => rows.Length == 0 ? this : new CommonSteps(HeldRows.Create(term, rows), extent);

    public override StepScheme Separate() => new CommonSteps(IRebindableOdeTerm.Separate(term), extent);

    public override StepScheme Bind(IReadOnlyList<Tensor> parameters) => new CommonSteps(IRebindableOdeTerm.Bind(term, parameters), extent);

    public override void EnsureFollowed(double[] times, Tensor start) => Backpropagation.EnsureFollowed(Differentiable, times[0], start);

    private static ArgumentException Unknown(OdeMethod method) => new($"Method {method.Name} is not known.", nameof(method));
}
