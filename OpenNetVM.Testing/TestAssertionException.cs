namespace OpenNetVM.Testing;

/// <summary>
/// An expectation of a test was not met. Test frameworks report any exception as a failure, so this package needs none of them; the message says what was
/// expected and what was found.
/// </summary>
public sealed class TestAssertionException : Exception
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public TestAssertionException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What was expected and what was found.</param>
    public TestAssertionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a cause.</summary>
    /// <param name="message">What was expected and what was found.</param>
    /// <param name="innerException">What went wrong on the way.</param>
    public TestAssertionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
