using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>A step of its own for each row, by an explicit Runge-Kutta method.</summary>
/// <param name="term">Right-hand side.</param>
/// <param name="stopEvent">Stops a row where it crosses zero; its state there is the last of the outputs.</param>
internal sealed class RowSteps(IRowTimeOdeTerm term, OdeEvent? stopEvent) : StepScheme
{
    public override IReadOnlyList<Tensor> Parameters => term.Parameters;

    public override object Term => term;

    public override bool HasRowTimes => true;

    public override OdeEvent? Event => stopEvent;

    public override Tensor Evaluate(double[] times, Tensor state) =>
        TensorContract.Require(term.Evaluate(tensor(times, state.dtype, state.device), state), state, term);

    public override OdeStepper CreateStepper(OdeOptions options, Tensor initialState, Tensor outputs) =>
        new RowwiseStepper(CreateMethod(options, initialState), stopEvent, initialState, outputs);

    public override AdjointStep CreateAdjoint(OdeOptions options, Tensor state, Tensor parameterGradient) =>
        new RowwiseAdjointStep(term, CreateMethod(options, state), state, parameterGradient);

    public override StepReplay CreateReplay(OdeOptions options, Tensor start) => new RowwiseReplay(CreateMethod(options, start));

    public override StepScheme Separate() => new RowSteps(IRebindableOdeTerm.Separate(term), stopEvent);

    public override StepScheme Bind(IReadOnlyList<Tensor> parameters) => new RowSteps(IRebindableOdeTerm.Bind(term, parameters), stopEvent);

    private RowRungeKutta CreateMethod(OdeOptions options, Tensor state) => new(term, (ExplicitRungeKutta)options.Method, state);
}
