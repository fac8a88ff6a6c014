namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How a series' history is summarised.</summary>
public enum SeriesEncoderKind
{
    /// <summary>A gated recurrent unit that is told the time between observations. The default.</summary>
    Gru,

    /// <summary>ODE-RNN: the hidden state follows an ODE between observations and jumps at them (Rubanova, Chen and Duvenaud, 2019).</summary>
    OdeRnn,

    /// <summary>GRU-ODE-Bayes: a gated, contracting ODE between observations (De Brouwer, Simm, Arany and Moreau, 2019).</summary>
    GruOdeBayes,

    /// <summary>A neural controlled differential equation driven by the interpolated observations (Kidger, Morrill, Foster and Lyons, 2020).</summary>
    ControlledDifferentialEquation,
}
