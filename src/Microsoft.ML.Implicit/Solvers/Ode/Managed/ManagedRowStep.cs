using Microsoft.ML.Implicit.Solvers.Ode.Stepping;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>Where one row of a solve stands, and its next step; used for one row after another.</summary>
/// <param name="controller">Chooses the sizes of the steps.</param>
/// <param name="maximumStep">Longest step.</param>
/// <param name="maximumSteps">Limit on the steps attempted.</param>
internal sealed class ManagedRowStep(PiStepController controller, double maximumStep, int maximumSteps)
{
    private double _end;
    private double _stepEnd;
    private double _direction;
    private double _length;

    /// <summary>Place of the row among those that the solve began with.</summary>
    public int Original { get; private set; }

    /// <summary>Time that the row has come to.</summary>
    public double Time { get; private set; }

    /// <summary>Signed size of the step proposed.</summary>
    public double Step { get; private set; }

    /// <summary>Size of the next step where nothing limits it.</summary>
    public double Size { get; private set; }

    /// <summary>Steps tried so far.</summary>
    public int Attempts { get; private set; }

    public bool HasArrived { get; private set; }

    public bool HasFailed { get; private set; }

    /// <summary>Starts a row.</summary>
    /// <param name="original">Its place.</param>
    /// <param name="start">First time.</param>
    /// <param name="end">Last time, another one.</param>
    public void Begin(int original, double start, double end)
    {
        controller.Restart();
        (Original, Time, _end, _direction, Attempts) = (original, start, end, Math.Sign(end - start), 0);
        _length = Math.Abs(end - start);
        (HasArrived, HasFailed) = (false, false);
    }

    /// <summary>Sets the size of the first step.</summary>
    public void SetSize(double size) => Size = Math.Min(size, maximumStep);

    /// <summary>Proposes the next step.</summary>
    public void Propose()
    {
        _stepEnd = AdaptiveSteps.End(Time, Size, _direction, _end);
        Step = _stepEnd - Time;
    }

    /// <summary>Takes the step or not, by its error.</summary>
    /// <returns>Whether it was taken.</returns>
    public bool Judge(double error)
    {
        Attempts++;
        bool isTaken = error <= 1;
        if (isTaken)
        {
            Time = _stepEnd;
            HasArrived = Time == _end;
            SetSize(controller.AfterAccepted(Step, error));
        }
        else
        {
            Size = controller.AfterRejected(Step, error);
        }

        HasFailed = !HasArrived && (AdaptiveSteps.Vanishes(Time, Size, _length) || Attempts >= maximumSteps);
        return isTaken;
    }
}
