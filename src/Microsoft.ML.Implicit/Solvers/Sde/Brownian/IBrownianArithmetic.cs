namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>Arithmetic on the increments W and space-time Lévy areas H of all rows and channels of a path, where a kind of memory holds them.</summary>
/// <typeparam name="TValues">W and H on one interval, or on several, one after another.</typeparam>
internal interface IBrownianArithmetic<TValues>
    where TValues : class
{
    /// <summary>Number of intervals that are drawn at once where they are asked for in turn, at least one.</summary>
    int IntervalsAtOnce { get; }

    /// <summary>Reserves memory.</summary>
    /// <param name="intervals">Number of intervals.</param>
    TValues Create(int intervals);

    /// <summary>The values on one of several intervals, in the same memory.</summary>
    TValues Part(TValues values, int index);

    /// <summary>Draws the values of intervals that nothing is known of.</summary>
    /// <param name="values">Receives them.</param>
    /// <param name="first">Index of the first interval.</param>
    /// <param name="count">Their number.</param>
    /// <param name="duration">Length of each in time.</param>
    /// <param name="withAreas">Whether areas are wanted beside increments; where not, they are left as they were.</param>
    void Draw(TValues values, long first, int count, double duration, bool withAreas);

    /// <summary>Draws the values of the two parts of an interval.</summary>
    /// <param name="whole">Its own values.</param>
    /// <param name="counter">Counter of the division.</param>
    /// <param name="weights">Where it is divided.</param>
    /// <param name="left">Receives those of the left part.</param>
    /// <param name="right">Receives those of the right part.</param>
    void Divide(TValues whole, ulong counter, BridgeWeights weights, TValues left, TValues right);

    /// <summary>Copies the values of an interval.</summary>
    void Copy(TValues source, TValues target);

    /// <summary>Makes values those of an interval and the one after it together.</summary>
    /// <param name="values">Values of the interval.</param>
    /// <param name="next">Values of the one after it.</param>
    /// <param name="duration">Length of the interval.</param>
    /// <param name="nextDuration">Length of the one after it.</param>
    void Append(TValues values, TValues next, double duration, double nextDuration);

    /// <summary>Makes values those of the part of an interval that follows another part.</summary>
    /// <param name="values">Values of both parts together.</param>
    /// <param name="before">Values of the part before.</param>
    /// <param name="duration">Length of the part that is wanted.</param>
    /// <param name="durationBefore">Length of the part before.</param>
    void RemoveFirst(TValues values, TValues before, double duration, double durationBefore);
}
